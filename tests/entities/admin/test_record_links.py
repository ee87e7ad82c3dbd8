"""A record that is deleted, or only referred to, is marked as such wherever the admin shows its name."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Client as ClientRecord
from entities.models import Deal, SubAccount
from events.models import Event
from tests.support.staff_client import get_page, list_url, page_url, store_and_apply

pytestmark = pytest.mark.django_db

CLIENT = {"id": "cl_gone", "name": "Gone Trading LLC"}
DEAL = {"id": "dl_gone", "title": "Deal of a deleted client", "clientId": "cl_gone"}


def store_deal() -> Event:
    return store_and_apply("deal.created", DEAL, at="2026-03-02T10:00:00Z")


def store_deal_of_deleted_client() -> Event:
    """Store a client, its deal, and the client's deletion; return the event of the deal."""
    store_and_apply("client.created", CLIENT | {"type": "company"}, at="2026-03-01T10:00:00Z")
    deal = store_deal()
    store_and_apply("client.deleted", CLIENT, at="2026-03-03T10:00:00Z")
    return deal


def badges_of_links(page: str) -> set[str]:
    """Return the words of the badges that stand behind links to the client; "" for a link without one."""
    link = re.escape(f'<a href="{page_url(ClientRecord.objects.get())}">')
    pattern = link + r'<span class="line"[^>]*>[^<]*</span></a>(?: <span class="badge" data-word="(\w+)")?'
    return set(re.findall(pattern, page))


def test_a_deleted_record_is_marked_in_the_list_of_those_that_refer_to_it(client: Client) -> None:
    store_deal_of_deleted_client()
    assert badges_of_links(get_page(client, list_url(Deal))) == {"deleted"}


def test_a_deleted_record_is_marked_on_the_page_of_one_that_refers_to_it(client: Client) -> None:
    store_deal_of_deleted_client()
    assert badges_of_links(get_page(client, page_url(Deal.objects.get()))) == {"deleted"}


def test_a_deleted_record_is_marked_on_the_page_of_an_event_that_touched_it(client: Client) -> None:
    assert badges_of_links(get_page(client, page_url(store_deal_of_deleted_client()))) == {"deleted"}


def test_a_deleted_record_is_marked_in_the_filter_by_it_and_on_its_timeline(client: Client) -> None:
    store_deal_of_deleted_client()
    gone = ClientRecord.objects.get()
    assert "Gone Trading LLC (deleted)" in get_page(client, list_url(Deal), client=gone.pk)
    timeline = get_page(client, page_url(gone).replace("change", "timeline"))
    assert 'Gone Trading LLC <span class="badge" data-word="deleted"' in timeline


def test_a_placeholder_is_marked_wherever_it_is_shown(client: Client) -> None:
    event = store_deal()
    for url in (list_url(Deal), page_url(Deal.objects.get()), page_url(event)):
        assert badges_of_links(get_page(client, url)) == {"placeholder"}, url
    page = get_page(client, list_url(Deal), client=ClientRecord.objects.get().pk)
    assert "cl_gone (placeholder)" in page


def test_a_live_record_is_not_marked(client: Client) -> None:
    event = store_deal()
    store_and_apply("client.created", CLIENT, at="2026-03-01T10:00:00Z")
    for url in (list_url(Deal), page_url(Deal.objects.get()), page_url(event)):
        assert badges_of_links(get_page(client, url)) == {""}, url


def test_a_sub_account_that_is_only_referred_to_is_marked_on_its_records_pages(client: Client) -> None:
    event = store_and_apply("contact.created", {"contactId": "c_1", "subAccountId": "sa_b"}, vendor="seedly")
    SubAccount.objects.update(is_placeholder=False, is_deleted=True)
    contact_url = re.search(r'"(/admin/entities/contact/\d+/change/)"', get_page(client, page_url(event)))
    assert contact_url is not None
    assert "sub-account sa_b (deleted)" in get_page(client, contact_url[1])


def test_marking_takes_no_query(client: Client) -> None:
    def count_queries(url: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            get_page(client, url)
        return len(captured)

    event = store_deal()
    store_and_apply("client.created", CLIENT, at="2026-03-01T10:00:00Z")
    urls = [list_url(Deal), page_url(Deal.objects.get()), page_url(event)]
    live = [count_queries(url) for url in urls]
    store_and_apply("client.deleted", CLIENT, at="2026-03-03T10:00:00Z")
    assert [count_queries(url) for url in urls] == live
