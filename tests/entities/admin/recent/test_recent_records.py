"""The records that a user opened lately, through the addresses of their pages."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.admin.recent.recent_records import MAX_KEPT, MAX_SHOWN
from entities.models import Contact, Deal, Lead, SubAccount, ViewedRecord
from entities.models.introspection import record_models
from tests.support.access_limits import create_member, limit, log_in
from tests.support.api_client import create_record
from tests.support.staff_client import ensure_source, get_page, log_in_staff, page_url, store_and_apply

pytestmark = pytest.mark.django_db


def read_titles(client: Client) -> list[str]:
    """Return the titles on the search page, before anything is searched."""
    _, _, recent = get_page(client, "/admin/search/").partition("<h2>Recently viewed</h2>")
    return re.findall(r'<span class="line" dir="auto">([^<]*)</span>', recent.partition("</ul>")[0])


def test_the_newest_records_that_the_user_opened_come_first_and_each_once(client: Client) -> None:
    deal, lead = create_record(Deal, title="Licence"), create_record(Lead, name="Ida")
    for record in (deal, lead, deal):
        get_page(client, page_url(record))
    assert read_titles(client) == ["Licence", "Ida"]
    assert read_titles(log_in_staff()) == []


def test_few_are_shown_and_few_are_kept(client: Client) -> None:
    for number in range(MAX_KEPT + 3):
        get_page(client, page_url(create_record(Deal, title=f"Deal {number}")))
    newest = [f"Deal {number}" for number in reversed(range(MAX_KEPT + 3))]
    assert read_titles(client) == newest[:MAX_SHOWN]
    assert ViewedRecord.objects.count() == MAX_KEPT


def test_a_record_of_any_kind_is_shown_in_few_queries(client: Client) -> None:
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            get_page(client, "/admin/search/")
        return len(queries)

    get_page(client, page_url(create_record(Deal, title="Deal")))
    before = count_queries()
    for model in record_models():
        get_page(client, page_url(create_record(model)))
    assert count_queries() <= before + 1
    assert len(read_titles(client)) == MAX_SHOWN


def test_what_the_user_does_not_see_any_more_is_not_shown() -> None:
    east, west = ensure_source("east", "seedly"), ensure_source("west", "seedly")
    user = create_member("Viewer")
    client = log_in(user)
    records = [
        create_record(Contact, source=east, scope="sa_1", first_name="Own"),
        create_record(Contact, source=east, scope="sa_2", first_name="Sibling"),
        create_record(Contact, source=west, scope="sa_1", first_name="Other"),
        create_record(SubAccount, source=east, external_id="sa_1"),
    ]
    for record in records:
        get_page(client, page_url(record))
    limit(user, east, "sa_1")
    assert read_titles(client) == ["sa_1", "Own"]
    user.groups.clear()
    assert read_titles(client) == []


def test_they_survive_a_rebuild_which_gives_records_new_ids(client: Client) -> None:
    store_and_apply("deal.created", {"id": "dl_1", "title": "Licence"})
    deal = Deal.objects.get()
    get_page(client, page_url(deal))
    Deal.objects.filter(pk=deal.pk).update(id=deal.pk + 1000)
    assert read_titles(client) == ["Licence"]
    assert page_url(Deal.objects.get()) in get_page(client, "/admin/search/")


def test_a_deleted_record_is_marked(client: Client) -> None:
    get_page(client, page_url(create_record(Deal, title="Gone", is_deleted=True)))
    assert 'data-word="deleted"' in get_page(client, "/admin/search/")


def test_a_merged_record_is_marked(client: Client) -> None:
    get_page(client, page_url(create_record(Deal, title="Gone", is_deleted=True, merged_into="d2")))
    assert 'data-word="merged"' in get_page(client, "/admin/search/")
