"""The vendors' ids are shown by their names wherever the admin shows them."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.admin.naming.name_cells import naming_url
from entities.models import (
    Appointment,
    Contact,
    Deal,
    FormSubmission,
    Invoice,
    Lead,
    Name,
    NameKind,
    Record,
    SubAccount,
    Task,
)
from entities.models.naming.named_refs import named_refs
from events.models import Source
from tests.support.api_client import create_record, ensure_source
from tests.support.named_ids import create_name
from tests.support.staff_client import get_page, list_url, log_in_staff, page_url, store_and_apply

pytestmark = pytest.mark.django_db
DEAL = {"id": "dl_1", "title": "Licence"}
HOSTILE = "<script>alert('x')</script>"
# Model -> columns of ids that its list can show.
LISTED: dict[type[Record], tuple[str, ...]] = {
    Lead: ("stage_ref", "owner_ref"),
    Deal: ("stage_ref", "owner_ref"),
    Appointment: ("calendar_ref", "type_ref"),
    Task: ("assignee_ref",),
    FormSubmission: ("form_ref",),
}


@pytest.mark.parametrize("model", LISTED, ids=lambda model: model.__name__)
def test_a_list_shows_names_with_the_ids_in_tooltips(client: Client, model: type[Record]) -> None:
    for column in LISTED[model]:
        create_name(f"{column}1", kind=named_refs(model)[column].kind, name=f"Named {column}")
    create_record(model, **{column: f"{column}1" for column in LISTED[model]})
    page = get_page(client, list_url(model), columns=",".join(LISTED[model]))
    for column in LISTED[model]:
        assert f'<span title="{column}1"><span class="line" dir="auto">Named {column}</span></span>' in page


def test_an_id_without_a_name_says_so_and_leads_those_who_may_to_where_it_is_named() -> None:
    deal = create_record(Deal, stage_ref="stage003")
    link = f'<a href="{naming_url(deal.source_id, NameKind.STAGE, ref="stage003")}"'
    may_view = ("view_deal", "view_event")
    for url in (list_url(Deal), page_url(deal)):
        page = get_page(log_in_staff(*may_view, "name_things"), url)
        assert "stage003 (unnamed)" in page
        assert link in page
        page = get_page(log_in_staff(*may_view), url)
        assert "stage003 (unnamed)" in page
        assert link not in page


def test_what_the_vendor_says_of_the_record_is_shown_where_the_id_has_no_name(client: Client) -> None:
    create_record(Deal, stage_ref="s1", stage_name="Negotiation", owner_name="Lena")
    page = get_page(client, list_url(Deal))
    assert '<span title="s1"><span class="line" dir="auto">Negotiation</span></span>' in page
    assert "Lena" in page
    assert "(unnamed)" not in page


def test_a_list_reads_all_names_by_one_query(client: Client) -> None:
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            get_page(client, list_url(Deal))
        return sum("entities_name" in query["sql"] for query in captured)

    create_record(Deal, stage_ref="s0", owner_ref="p0")
    assert count_queries() == 1
    for number in range(1, 20):
        create_name(f"s{number}", name=f"Stage {number}")
        create_record(Deal, stage_ref=f"s{number}", owner_ref=f"p{number}")
    assert count_queries() == 1


def test_a_records_page_shows_names_everywhere_by_one_query(client: Client) -> None:
    for minute, stage in ((1, "s1"), (2, "s2")):
        store_and_apply("deal.updated", DEAL | {"stageId": stage, "ownerId": "p1"}, at=time_at(minute))
    source = ensure_source("acme-heffl")
    for number in (1, 2):
        rename(source, NameKind.STAGE, f"s{number}", f"Stage {number}")
    rename(source, NameKind.PERSON, "p1", "Lena")
    with CaptureQueriesContext(connection) as captured:
        page = get_page(client, page_url(Deal.objects.get()))
    assert sum("entities_name" in query["sql"] for query in captured) == 1
    path, others = page[page.index("Path of the stage") :].split('id="timeline"')
    timeline, facts = others.split('class="facts-column"')
    for number in (1, 2):
        for part in (path, timeline, facts):
            assert f"Stage {number}</span>" in part
    assert "Lena</span>" in facts
    assert "Stage 1</span>" in get_page(client, page_url(Deal.objects.get()).replace("change", "timeline"))


def test_an_events_page_shows_names_too(client: Client) -> None:
    event = store_and_apply("deal.updated", DEAL | {"stageId": "s1", "pipelineId": "pl"})
    rename(ensure_source("acme-heffl"), NameKind.STAGE, "s1", "Offer")
    page = get_page(client, page_url(event))
    assert "Offer (s1)" in page
    assert "pl (unnamed)" in page


def test_a_sub_account_is_shown_by_its_name(client: Client) -> None:
    event = store_and_apply("contact.created", {"contactId": "c1", "subAccountId": "sa_1"}, vendor="seedly")
    rename(ensure_source("acme-seedly"), NameKind.SUB_ACCOUNT, "sa_1", "Dubai Marina")
    account, contact = SubAccount.objects.get(), Contact.objects.get()
    assert "sub-account Dubai Marina" in get_page(client, page_url(contact))
    assert ">Dubai Marina</span></a>" in get_page(client, page_url(contact))
    assert "Dubai Marina" in get_page(client, page_url(account))
    assert "Dubai Marina" in get_page(client, list_url(SubAccount), state="all")
    assert "Sub-account: Dubai Marina" in get_page(client, list_url(Contact), sub_account=account.pk)
    assert get_page(client, page_url(event))


def test_names_are_escaped_and_shortened(client: Client) -> None:
    create_name("s1", name=HOSTILE)
    create_name("s2", vendor_name="n" * 500)
    for ref in ("s1", "s2", HOSTILE):
        deal = create_record(Deal, stage_ref=ref)
        for url in (list_url(Deal), page_url(deal)):
            page = get_page(client, url)
            assert HOSTILE not in page
            assert "n" * 100 not in page


def test_a_salesperson_is_the_same_person_as_an_owner(client: Client) -> None:
    create_name("p1", kind=NameKind.PERSON, name="Lena", source=ensure_source())
    invoice = create_record(Invoice, salesperson_ref="p1")
    assert "Lena" in get_page(client, page_url(invoice))


def time_at(minute: int) -> str:
    return f"2025-01-15T10:{minute:02d}:00Z"


def rename(source: Source, kind: str, ref: str, name: str) -> None:
    """Give an id that events have brought staff's name."""
    assert Name.objects.filter(source=source, scope="", kind=kind, ref=ref).update(name=name) == 1
