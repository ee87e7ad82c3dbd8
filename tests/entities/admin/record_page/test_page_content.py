"""A record's page in the admin, through its address, after real events."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Client as ClientRecord
from entities.models import Contact, Deal, Lead, Record, SubAccount
from entities.models.introspection import record_models
from tests.support.api_client import create_record
from tests.support.staff_client import get_page, list_url, log_in_staff, page_url, store_and_apply

pytestmark = pytest.mark.django_db

DEAL = {"id": "dl_1", "title": "Licence", "price": "1200.5", "status": "ACTIVE"}
HOSTILE = "<img src=x onerror=alert(1)>"


def parse_rows(page: str) -> dict[str, str]:
    """Return the page's fields: label -> the rest of its row."""
    return dict(re.findall(r'<tr><th scope="row"[^>]*>(.*?)</th>(.*?)</tr>', page, re.DOTALL))


@pytest.mark.parametrize("model", record_models(), ids=lambda model: model._meta.model_name)
def test_every_record_has_a_page(client: Client, model: type[Record]) -> None:
    row = create_record(model, extra={"a": [1, {"b": None}]})
    assert f'<code dir="auto">{row.external_id}</code>' in get_page(client, page_url(row))


def test_each_value_says_of_which_event_and_day_it_is(client: Client) -> None:
    store_and_apply("deal.created", DEAL | {"stage": "Proposal", "client": {"id": "cl_1", "name": "Acme"}})
    store_and_apply("deal.updated", {"id": "dl_1", "stage": "Signature"}, at="2025-01-16T10:30:00Z")
    rows = parse_rows(get_page(client, page_url(Deal.objects.get())))
    assert "1,200.50" in rows["Value"]
    assert "deal.created, 15 Jan 2025" in rows["Value"]
    assert "Signature" in rows["Stage name"]
    assert "deal.updated, 16 Jan 2025" in rows["Stage name"]
    assert page_url(ClientRecord.objects.get()) in rows["Client"]


def test_a_null_value_and_a_missing_one_are_folded_as_empty_and_told_apart(client: Client) -> None:
    store_and_apply("deal.created", DEAL | {"priority": None})
    page = get_page(client, page_url(Deal.objects.get()))
    empty = page[page.index(" empty fields</summary>") :]
    rows = parse_rows(empty)
    assert "—" in rows["Priority"]
    assert "deal.created" in rows["Priority"]
    assert "not given by any event" in rows["Expected close date"]
    assert "Value" not in rows


def test_a_value_that_no_column_can_hold_is_shown_as_it_came(client: Client) -> None:
    store_and_apply("deal.created", DEAL | {"expectedCloseDate": "someday"})
    assert "someday" in parse_rows(get_page(client, page_url(Deal.objects.get())))["Expected close date"]


def test_documents_and_unnamed_fields_are_shown_readably(client: Client) -> None:
    unnamed = {"forecast": {"quarter": "Q3"}}
    store_and_apply("deal.created", DEAL | unnamed | {"customFields": {"Seats": 3, "Terms": {"months": 24}}})
    rows = parse_rows(get_page(client, page_url(Deal.objects.get())))
    assert ">3</span>" in rows["Seats"]
    assert "months" in rows["Terms"]
    assert ">Q3</span>" in rows["Forecast"]
    assert "?field=extra&amp;key=forecast" in rows["Forecast"]
    assert "?field=custom_fields&amp;key=Seats" in rows["Seats"]


@pytest.mark.parametrize(
    ("omitted", "sentence"),
    [(0, ""), (7, "7 not kept: see the events"), (330_000, "about 330,000 not kept: see the events")],
)
def test_a_record_says_how_many_keys_it_did_not_keep(client: Client, omitted: int, sentence: str) -> None:
    row = create_record(Lead, extra={"a": 1}, extra_omitted=omitted)
    page = get_page(client, page_url(row))
    assert ("not kept" in page) == bool(omitted)
    assert sentence in page


def test_a_deleted_record_says_when_and_by_which_event(client: Client) -> None:
    store_and_apply("deal.created", DEAL)
    deletion = store_and_apply("deal.deleted", DEAL, at="2025-01-16T10:30:00Z")
    page = get_page(client, page_url(Deal.objects.get()))
    assert "The vendor deleted this deal at" in page
    assert "2025-01-16 10:30" in page
    assert page_url(deletion) in page


def test_a_record_leads_to_all_its_events_those_who_may_open_them(client: Client) -> None:
    event = store_and_apply("deal.created", DEAL)
    url = f"{list_url(type(event))}?record=deal%2Fdl_1"
    assert f'<a href="{url}">' in get_page(client, page_url(Deal.objects.get()))
    assert page_url(event) in get_page(client, url)
    assert url not in get_page(log_in_staff("view_deal"), page_url(Deal.objects.get()))


def test_a_placeholder_says_that_it_is_one(client: Client) -> None:
    store_and_apply("deal.created", DEAL | {"leadId": "ld_1"})
    page = get_page(client, page_url(Lead.objects.get()))
    assert "This lead is known only by its id" in page
    assert "1 deals" not in page
    assert f'?lead={Lead.objects.get().pk}&amp;state=all">1 deal</a>' in page


def test_a_record_links_to_those_that_refer_to_it(client: Client) -> None:
    for n in range(3):
        store_and_apply("deal.created", DEAL | {"id": f"dl_{n}", "client": {"id": "cl_1", "name": "Acme"}})
    acme = ClientRecord.objects.get()
    page = get_page(client, page_url(acme))
    link = f"{list_url(Deal)}?client={acme.pk}&amp;state=all"
    assert f'<a href="{link}">Deals</a> <span class="count">3</span>' in page
    assert "3 deals" in get_page(client, link.replace("&amp;", "&"))


def test_a_sub_account_links_to_its_records(client: Client) -> None:
    store_and_apply("contact.created", {"contactId": "c1", "subAccountId": "sa_1"}, vendor="seedly")
    account = SubAccount.objects.get()
    link = f"{list_url(Contact)}?sub_account={account.pk}&amp;state=all"
    assert link in get_page(client, page_url(account))
    assert "1 contact\n" in get_page(client, link.replace("&amp;", "&"))


def test_a_page_takes_as_many_queries_for_a_long_history_as_for_a_short_one(client: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            get_page(client, page_url(Deal.objects.get()))
        return len(captured)

    store_and_apply("deal.updated", DEAL | {"client": {"id": "cl_1"}})
    for_one = count()
    for day in range(1, 10):
        store_and_apply("deal.updated", DEAL | {"stage": str(day)}, at=f"2025-02-0{day}T00:00:00Z")
    assert count() == for_one <= 14


def test_hostile_text_is_escaped_everywhere_and_a_page_stays_small(client: Client) -> None:
    hostile = {
        "title": HOSTILE,
        "ownerName": HOSTILE * 20_000,
        HOSTILE: HOSTILE,
        "customFields": {HOSTILE: [HOSTILE] * 5_000},
        "stage": HOSTILE + "\u202e\x07",
        "tower": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {}}}}}}}}}}},
    }
    event = store_and_apply("deal." + HOSTILE, hostile) and store_and_apply("deal.created", DEAL | hostile)
    page = get_page(client, page_url(Deal.objects.get()))
    assert "<img" not in page
    assert "[U+202E][U+0007]" in page
    assert len(page) < 400_000
    assert "<img" not in get_page(client, page_url(event))


def test_a_page_is_for_those_who_may_see_that_kind_of_record() -> None:
    row = create_record(Deal)
    for url in (page_url(row), page_url(row).replace("change", "timeline")):
        assert log_in_staff("view_deal").get(url).status_code == 200
        assert log_in_staff("view_lead").get(url).status_code == 403
        assert Client().get(url).status_code == 302


@pytest.mark.parametrize("row_id", ["0", "abc", "1%00", "9" * 30])
def test_a_record_that_does_not_exist_is_a_404(client: Client, row_id: str) -> None:
    assert client.get(f"{list_url(Deal)}{row_id}/change/").status_code == 404


def test_a_page_takes_no_post(client: Client) -> None:
    row = create_record(Deal, title="As it was")
    assert client.post(page_url(row), {"title": "Changed"}).status_code == 403
    row.refresh_from_db()
    assert row.title == "As it was"
