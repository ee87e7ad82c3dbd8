"""The strip of answers on a record's page, through its address."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.admin.record_head.strip import ANSWERS
from entities.models import (
    Appointment,
    Contact,
    Deal,
    FormSubmission,
    Invoice,
    Lead,
    Message,
    Name,
    Payment,
    SubAccount,
    Task,
    UserProfile,
)
from entities.models import Client as ClientRecord
from entities.models.introspection import record_models_by_name
from tests.support.access_limits import create_member, limit, log_in
from tests.support.api_client import create_record, ensure_source
from tests.support.conversations import apply_contact, apply_message
from tests.support.staff_client import (
    create_staff_user,
    get_page,
    list_url,
    log_in_staff,
    page_url,
    store_and_apply,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2025, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def day(number: int) -> datetime:
    return datetime(2025, 3, number, 12, tzinfo=UTC)


def read_strip(client: Client, record: Any) -> dict[str, str]:
    """Return the answers of a record's page: label -> text."""
    strip = re.search(r'<dl class="strip">(.*?)</dl>', get_page(client, page_url(record)), re.DOTALL)
    pairs = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", strip[1] if strip else "", re.DOTALL)
    return {strip_tags(label): strip_tags(value) for label, value in pairs}


def strip_tags(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def test_a_contact_says_what_came_in_last_what_is_open_owed_and_next(client: Client) -> None:
    hana = create_record(Contact, first_name="Hana")
    for at, way, body in (
        (1, "inbound", "Old"),
        (3, "inbound", "New"),
        (5, "outbound", "Ours"),
    ):
        create_record(
            Message, contact=hana, direction=way, body=body, channel="live_chat", occurred_at=day(at)
        )
    create_record(Deal, contact=hana, status="open", value=5)
    create_record(Deal, contact=hana, status="won", value=7)
    create_record(Invoice, contact=hana, amount_open=3, currency="EUR", due_date="2025-03-01")
    create_record(Invoice, contact=hana, amount_open=4, currency="AED")
    create_record(Invoice, contact=hana, amount_open=9, currency="AED", status="void")
    create_record(Appointment, contact=hana, title="Past", starts_at=day(1))
    create_record(Appointment, contact=hana, title="Off", starts_at=day(11), status="cancelled")
    create_record(Appointment, contact=hana, title="Next", starts_at=day(12))
    create_record(Task, contact=hana, status="todo", due_at=day(9))
    create_record(Task, contact=hana, due_at=day(20))
    create_record(Task, contact=hana, status="completed", due_at=day(2))
    assert read_strip(client, hana) == {
        "Last in": "live chat 2025-03-03 12:00 7 days ago New",
        "Open deals": "1: 5.00 without currency, won 1: 7.00 without currency",
        "Owed": "2: AED 4.00; EUR 3.00 1 late",
        "Next appointment": "2025-03-12 12:00 in 2 days Next",
        "Open tasks": "2, first due 2025-03-09 12:00 1 day ago 1 late",
    }


def test_a_contact_of_whom_nothing_is_known_says_so(client: Client) -> None:
    assert read_strip(client, create_record(Contact)) == {
        "Last in": "nothing",
        "Open deals": "0",
        "Owed": "0",
        "Next appointment": "none",
        "Open tasks": "0",
    }


def test_a_client_counts_what_is_of_its_contacts(client: Client) -> None:
    acme = create_record(ClientRecord, name="Acme")
    hana = create_record(Contact, first_name="Hana", client=acme)
    create_record(Task, contact=hana)
    create_record(Message, contact=hana, direction="inbound", body="Hello", occurred_at=day(1))
    create_record(Invoice, client=acme, amount_open=3, currency="EUR")
    create_record(Payment, client=acme, amount=2, currency="EUR", paid_at=day(1))
    create_record(Payment, client=acme, amount=1, currency="EUR", paid_at=day(4))
    strip = read_strip(client, acme)
    assert strip["Open tasks"] == "1"
    assert "Hello" in strip["Last in"]
    assert strip["Owed"] == "1: EUR 3.00"
    assert strip["Last payment"] == "EUR 1.00 2025-03-04 12:00 6 days ago"


def test_deleted_records_and_placeholders_do_not_count(client: Client) -> None:
    hana = create_record(Contact)
    create_record(Deal, contact=hana, status="open", is_deleted=True)
    create_record(Task, contact=hana, is_placeholder=True)
    strip = read_strip(client, hana)
    assert (strip["Open deals"], strip["Open tasks"]) == ("0", "0")


def test_a_deal_says_how_long_it_is_in_its_stage_and_how_late_it_is(client: Client) -> None:
    source = ensure_source("dubai", assumed_currency="AED")
    cells = {"source": source, "value": 5, "stage_name": "Offer", "stage_since": day(1), "owner_name": "Lena"}
    deal = create_record(Deal, **cells, status="open", expected_close_date="2025-03-08")
    assert read_strip(client, deal) == {
        "Value": "5.00 AED assumed",
        "Stage": "Offer for 9 days",
        "Expected close": "2025-03-08 2 days late",
        "Owner": "Lena",
    }
    today = create_record(Deal, **cells, status="open", expected_close_date="2025-03-10")
    assert read_strip(client, today)["Expected close"] == "2025-03-10"
    won = create_record(Deal, **cells, status="won", closed_at=day(9), expected_close_date="2025-03-08")
    assert read_strip(client, won)["Closed"] == "2025-03-09 12:00 1 day ago"
    assert read_strip(client, won)["Stage"] == "Offer"


def test_a_lead_says_its_stage_and_the_open_deals_that_came_of_it(client: Client) -> None:
    lead = create_record(Lead, name="Hana", stage_name="New", stage_since=day(8))
    create_record(Deal, lead=lead, status="open", value=5)
    strip = read_strip(client, lead)
    assert (strip["Stage"], strip["Open deals"]) == ("New for 2 days", "1: 5.00 without currency")


def test_an_invoice_says_what_is_paid_and_open_and_how_late_it_is(client: Client) -> None:
    cells = {"total": 9, "amount_paid": 4, "amount_open": 5, "currency": "EUR"}
    assert read_strip(client, create_record(Invoice, **cells, due_date="2025-03-09")) == {
        "Total": "EUR 9.00",
        "Paid": "EUR 4.00",
        "Open": "EUR 5.00",
        "Due": "2025-03-09 1 day late",
    }


def test_a_payment_says_what_is_still_open_of_its_invoice(client: Client) -> None:
    invoice = create_record(Invoice, number="INV-7", amount_open=5, currency="EUR")
    strip = read_strip(client, create_record(Payment, invoice=invoice, amount=4, currency="EUR"))
    assert (strip["Amount"], strip["Invoice"]) == ("EUR 4.00", "INV-7, open: EUR 5.00")


def test_a_task_says_how_late_it_is_until_it_is_done(client: Client) -> None:
    assert read_strip(client, create_record(Task, due_at=day(8)))["Due"].endswith("2 days late")
    done = create_record(Task, due_at=day(8), status="completed")
    assert "late" not in read_strip(client, done)["Due"]


def test_answers_lead_to_what_they_count(client: Client) -> None:
    ann = apply_contact("ann", "Ann")
    message = apply_message("received", "a", contactId="ann")
    page = get_page(client, page_url(ann))
    assert f'<a href="{list_url(Deal)}?contact={ann.pk}&amp;status=open">Open deals</a>' in page
    assert f"?message={message.pk}#message-{message.pk}" in page


def test_a_user_meets_only_answers_about_what_he_may_view() -> None:
    hana = create_record(Contact)
    assert set(read_strip(log_in_staff("view_contact", "view_deal"), hana)) == {"Open deals"}


def test_a_limited_viewer_meets_only_what_he_sees() -> None:
    source, other = ensure_source("own"), ensure_source("other")
    hana = create_record(Contact, source=source)
    create_record(Deal, source=other, contact=hana, status="open")
    client = log_in(limit(create_member("Viewer"), source))
    assert read_strip(client, hana)["Open deals"] == "0"


def test_of_too_many_deals_there_is_no_sum(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entities.admin.record_head.person_answers.MAX_COUNTED", 2)
    hana = create_record(Contact)
    for _ in range(3):
        create_record(Deal, contact=hana, status="open", value=5)
    assert read_strip(client, hana)["Open deals"] == "2+"


@pytest.mark.parametrize("model", [*ANSWERS.items()], ids=lambda item: item[0])
def test_every_answer_can_be_given_for_an_empty_record(client: Client, model: Any) -> None:
    name, answers = model
    row = create_record(record_models_by_name()[name])
    assert len(read_strip(client, row)) <= len(answers)


def test_every_entity_has_answers() -> None:
    assert set(ANSWERS) == set(record_models_by_name())


def test_a_client_says_what_was_won_this_year(client: Client) -> None:
    acme = create_record(ClientRecord, name="Acme")
    create_record(Deal, client=acme, status="won", value=7, won_at=day(1))
    create_record(Deal, client=acme, status="won", value=9, won_at=datetime(2024, 12, 31, 12, tzinfo=UTC))
    assert read_strip(client, acme)["Won this year"] == "1: 7.00 without currency"


def test_the_path_of_a_deal_has_its_stages_with_how_long_they_lasted(client: Client) -> None:
    for number, name in ((1, "New"), (4, "Offer"), (9, "Signature")):
        payload = {"id": "d", "title": "Licence", "stage": name}
        store_and_apply("deal.updated", payload, at=f"2025-03-0{number}T10:00:00Z")
    strip = read_strip(client, Deal.objects.get())
    assert strip["Path of the stage name"] == "New 3 days → Offer 5 days → Signature"


def test_an_appointment_says_its_time_in_both_zones_and_how_to_reach_the_contact() -> None:
    user = create_staff_user()
    UserProfile.objects.update_or_create(user=user, defaults={"time_zone": "Asia/Dubai"})
    client = Client()
    client.force_login(user)
    hana = create_record(Contact, first_name="Hana", phone="+971507654321", email="hana@acme.example")
    row = create_record(Appointment, contact=hana, starts_at=datetime(2025, 3, 10, 21, 30, tzinfo=UTC))
    strip = read_strip(client, row)
    assert "2025-03-11 01:30" in strip["Begins"]
    assert "Dubai" in strip["Begins"]
    assert strip["Begins"].endswith("2025-03-10 21:30 UTC")
    assert strip["Contact"] == "Hana+971507654321hana@acme.example"
    assert 'href="tel:+971507654321"' in get_page(client, page_url(row))


def test_a_message_leads_to_its_conversation_at_that_message(client: Client) -> None:
    apply_contact("ann", "Ann")
    message = apply_message("received", "a", contactId="ann")
    assert f"?message={message.pk}#message-{message.pk}" in get_page(client, page_url(message))
    assert read_strip(client, message)["Conversation"] == "read it from this message"


def test_a_form_says_its_answers_first(client: Client) -> None:
    row = create_record(FormSubmission, form_name="Contact us", answers={"Budget": 5000})
    assert next(iter(read_strip(client, row))) == "Answers"
    assert read_strip(client, row)["Answers"] == "Budget5000"


def test_a_sub_account_says_its_pipelines_and_team(client: Client) -> None:
    account = create_record(SubAccount, external_id="sa_1")
    for kind, ref, name in (("pipeline", "p1", "Sales"), ("person", "u1", "Lena"), ("person", "u2", "")):
        Name.objects.create(source=account.source, scope="sa_1", kind=kind, ref=ref, name=name)
    assert read_strip(client, account) == {"Pipelines": "Sales", "Team": "Lena, u2 (unnamed)"}


def test_a_full_page_of_a_person_takes_so_many_queries(client: Client) -> None:
    """Those for the session and the user are among them."""
    store_and_apply("contact.created", {"subAccountId": "sa", "contactId": "ann"}, vendor="seedly")
    ann = apply_contact("ann", "Ann")
    acme = create_record(ClientRecord, source=ann.source, name="Acme")
    Contact.objects.filter(pk=ann.pk).update(client=acme, phone="+971507654321", lifecycle_stage="lead")
    create_record(Contact, source=ann.source, phone="+971507654321")
    for number in range(1, 6):
        apply_message("received", f"m{number}", f"k{number}", contactId="ann", bodyText="Hello")
        parts = {"source": ann.source, "scope": "sa"}
        for person in ({"contact": ann}, {"client": acme}):
            create_record(Deal, **parts, **person, status="open", value=number)
            create_record(Invoice, **parts, **person, amount_open=number, currency="EUR")
        create_record(Appointment, **parts, contact=ann, starts_at=day(20))
        create_record(Task, **parts, contact=ann, due_at=day(20))
        create_record(Payment, **parts, client=acme, amount=1, paid_at=day(2))
    counts = {}
    for row in (ann, acme):
        get_page(client, page_url(row))
        with CaptureQueriesContext(connection) as captured:
            get_page(client, page_url(row))
        counts[str(row)] = len(captured)
    assert counts == {"Ann": 14, "Acme": 12}


@pytest.mark.parametrize("status", [None, "open", "todo", "done", "completed", "cancelled", "canceled"])
def test_one_rule_says_everywhere_whether_a_task_is_to_do(client: Client, status: str | None) -> None:
    contact = create_record(Contact, first_name="Hana")
    task = create_record(Task, contact=contact, title="Ring the bell", status=status, due_at=day(7))
    is_open = status in (None, "open", "todo")
    assert read_strip(client, contact)["Open tasks"].startswith("1" if is_open else "0")
    assert ("late" in read_strip(client, task)["Due"]) == is_open
    overdue = re.search(r'class="value">(\d+)</span>\s*<span[^>]*>Overdue tasks', get_page(client, "/admin/"))
    assert overdue is not None
    assert overdue[1] == ("1" if is_open else "0")
    assert ("Ring the bell" in get_page(client, "/admin/agenda/")) == is_open
