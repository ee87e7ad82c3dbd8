"""`expand=`: records in place of references, through the addresses."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from entities.models import ApiToken, Contact, Deal
from entities.models import Client as ClientRecord
from tests.support.access_limits import create_member, limit
from tests.support.api_client import create_api_client, create_record, ensure_source, get_json

pytestmark = pytest.mark.django_db


def test_an_expanded_reference_is_the_other_record(client: Client) -> None:
    buyer = create_record(ClientRecord, name="Ida", custom_fields=[1], is_deleted=True)
    deal = create_record(Deal, client=buyer)
    alone = get_json(client, f"clients/{buyer.pk}/")
    plain = get_json(client, f"deals/{deal.pk}/")
    expanded = plain | {"client": alone, "contact": None}
    query = {"expand": "client,contact"}
    assert get_json(client, f"deals/{deal.pk}/", query) == expanded
    assert get_json(client, "deals/", query)["results"] == [expanded]
    assert get_json(client, "deals/", query | {"fields": "client"})["results"] == [{"client": alone}]
    assert get_json(client, "deals/", query | {"fields": "id"})["results"] == [{"id": deal.pk}]


def test_each_expanded_reference_takes_one_query_for_a_page(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Expect those of the page (token, limits, end of the change feed, rows), and one for each reference."""
    for _ in range(3):
        create_record(Deal, client=create_record(ClientRecord), contact=create_record(Contact))
    with django_assert_num_queries(6):
        rows = get_json(client, "deals/", {"expand": "client,contact"})["results"]
    assert all(isinstance(row["client"], dict) and isinstance(row["contact"], dict) for row in rows)


def test_a_reference_to_what_the_viewer_does_not_see_stays_a_number() -> None:
    source = ensure_source("shared", vendor="seedly")
    hidden = create_record(ClientRecord, source=source, scope="south", name="Hidden")
    seen = create_record(ClientRecord, source=source, scope="north", name="Seen")
    deals = [create_record(Deal, source=source, scope="north", client=one) for one in (hidden, seen)]
    token = ApiToken.issue(limit(create_member("Viewer"), source, "north"), "t")[1]
    reader = Client(headers={"authorization": f"Token {token}"})
    rows = get_json(reader, "deals/", {"expand": "client", "ordering": "id"})["results"]
    assert [row["id"] for row in rows] == [deal.pk for deal in deals]
    assert rows[0]["client"] == hidden.pk
    assert rows[1]["client"]["name"] == "Seen"


def test_a_reference_to_a_model_that_the_user_may_not_view_is_null() -> None:
    buyer = create_record(ClientRecord)
    create_record(Deal, client=buyer)
    reader = create_api_client("view_deal", superuser=False)
    assert get_json(reader, "deals/", {"expand": "client"})["results"][0]["client"] is None
    assert get_json(reader, "deals/")["results"][0]["client"] is None
