"""The page of a merged record names the record that it was merged into."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Contact, Record, SubAccount
from entities.models.introspection import record_models
from tests.support.access_limits import create_member, limit, log_in
from tests.support.api_client import create_record, ensure_source
from tests.support.staff_client import get_page, list_url, page_url

pytestmark = pytest.mark.django_db


def create_merged(**fields: Any) -> Contact:
    row: Contact = create_record(
        Contact, **{"name": "Jane S.", "is_deleted": True, "merged_into": "ct_9", "scope": "sa"} | fields
    )
    return row


def read_banner(client: Client, record: Record) -> str:
    page = get_page(client, page_url(record))
    return page[page.index('<p class="banner warning">') :].partition("</p>")[0]


def test_a_merged_record_leads_to_the_one_that_it_was_merged_into(client: Client) -> None:
    survivor = create_record(Contact, name="Jane <Smith>", external_id="ct_9", scope="sa")
    create_record(Contact, name="Of another account", external_id="ct_9", scope="sb")
    create_record(Contact, name="Of another source", external_id="ct_9", source=ensure_source("other"))
    banner = read_banner(client, create_merged())
    assert f'Merged into <a href="{page_url(survivor)}">' in banner
    assert "Jane &lt;Smith&gt;" in banner
    assert "The vendor deleted this contact" in banner


def test_a_record_that_was_merged_in_its_turn_is_marked(client: Client) -> None:
    create_merged(external_id="ct_9", merged_into="ct_10")
    assert 'data-word="merged"' in read_banner(client, create_merged())


def test_a_record_merged_into_one_that_the_mirror_does_not_know_names_its_id(client: Client) -> None:
    banner = read_banner(client, create_merged())
    assert "ct_9" in banner
    assert "<a " not in banner


def test_a_record_that_is_there_again_says_nothing_of_a_merge(client: Client) -> None:
    page = get_page(client, page_url(create_merged(is_deleted=False)))
    assert "Merged into <" not in page


def test_a_viewer_who_does_not_see_the_survivor_gets_neither_title_nor_link() -> None:
    """Of sub-accounts alone the survivor may be of another scope than the record."""
    create_record(SubAccount, external_id="sb", location_id="Secret place")
    merged = create_record(SubAccount, external_id="sa", is_deleted=True, merged_into="sb")
    viewer = limit(create_member("Viewer"), ensure_source(), "sa")
    banner = read_banner(log_in(viewer), merged)
    assert "Secret place" not in banner
    assert "<a " not in banner


def test_a_merge_costs_one_query_and_a_mere_deletion_none(client: Client) -> None:
    def count(record: Record) -> int:
        get_page(client, page_url(record))
        with CaptureQueriesContext(connection) as captured:
            get_page(client, page_url(record))
        return len(captured)

    create_record(Contact, external_id="ct_9", scope="sa", owner_ref="o1")
    deleted, merged = create_merged(merged_into=""), create_merged()
    assert count(merged) == count(deleted) + 1 <= 15


@pytest.mark.parametrize("model", record_models(), ids=lambda model: model._meta.model_name)
def test_every_kind_of_record_can_have_been_merged(client: Client, model: type[Record]) -> None:
    survivor = create_record(model, external_id="s")
    merged = create_record(model, external_id="m", is_deleted=True, merged_into="s")
    assert page_url(survivor) in read_banner(client, merged)
    assert 'data-word="merged"' in get_page(client, list_url(model), state="deleted")
    assert "Merged into</th>" in get_page(client, page_url(merged))
