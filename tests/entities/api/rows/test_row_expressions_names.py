"""The names beside the vendors' ids in the API, through its addresses."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from entities.api.views import api_path
from entities.models import Appointment, Deal, Lead, Record
from entities.models.introspection import record_models
from entities.models.naming.named_refs import named_refs
from tests.support.api_client import create_record, ensure_source, get_json
from tests.support.named_ids import create_name

pytestmark = pytest.mark.django_db
NAMED_MODELS = [model for model in record_models() if named_refs(model)]


def make_named_record(model: type[Record], number: int) -> Any:
    """Make a record with an id in each of its columns of ids; the ids have names."""
    refs = named_refs(model)
    for ref in refs.values():
        create_name(f"{ref.title}{number}", ref.kind, name=f"The {ref.title} {number}")
    return create_record(model, **{column: f"{ref.title}{number}" for column, ref in refs.items()})


@pytest.mark.parametrize("model", NAMED_MODELS, ids=api_path)
def test_a_name_stands_beside_its_id(
    client: Client, model: type[Record], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Expect queries for the token with its user, for its limits, and for the rows with all names; in lists,
    one more for the end of the change feed."""
    rows = [make_named_record(model, number) for number in range(3)]
    with django_assert_num_queries(4):
        results = get_json(client, f"{api_path(model)}/")["results"]
    with django_assert_num_queries(3):
        assert get_json(client, f"{api_path(model)}/{rows[2].pk}/") == results[0]
    for column, ref in named_refs(model).items():
        assert [(body[column], body[ref.title]) for body in results] == [
            (f"{ref.title}{number}", f"The {ref.title} {number}") for number in (2, 1, 0)
        ]


def test_a_name_is_null_where_nobody_has_given_one(client: Client) -> None:
    create_name("s1", vendor_name="")
    deal = create_record(Deal, stage_ref="s1", owner_ref="p1")
    body = get_json(client, f"deals/{deal.pk}/")
    assert (body["stage_ref"], body["stage"], body["owner"]) == ("s1", None, None)


def test_what_the_vendor_says_of_the_record_itself_is_its_last_name(client: Client) -> None:
    create_name("s1")
    deals = [create_record(Deal, stage_ref=ref, stage_name="Negotiation") for ref in ("s1", None)]
    for deal in deals:
        assert get_json(client, f"deals/{deal.pk}/")["stage"] == "Negotiation"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["staff sa", "vendor sa", "staff", "vendor"], "staff sa"),
        (["", "vendor sa", "staff", "vendor"], "vendor sa"),
        (["", "", "staff", "vendor"], "staff"),
        (["", "", "", "vendor"], "vendor"),
        (["", "", "", ""], "own"),
    ],
)
def test_the_sub_accounts_name_comes_before_the_sources_and_staffs_before_the_vendors(
    client: Client, given: list[str], shown: str
) -> None:
    create_name("s1", scope="sa", name=given[0], vendor_name=given[1])
    create_name("s1", name=given[2], vendor_name=given[3])
    create_name("s1", scope="other", name="other")
    deal = create_record(Deal, scope="sa", stage_ref="s1", stage_name="own")
    assert get_json(client, f"deals/{deal.pk}/")["stage"] == shown


def test_a_name_is_one_of_its_source_and_kind_alone(client: Client) -> None:
    create_name("x", kind="calendar", name="Ground floor")
    create_name("x", kind="appointment-type", name="Site visit")
    create_name("x", name="Elsewhere", source=ensure_source("other"))
    appointment = create_record(Appointment, calendar_ref="x", type_ref="x")
    body = get_json(client, f"appointments/{appointment.pk}/")
    assert (body["calendar"], body["type"]) == ("Ground floor", "Site visit")
    lead = create_record(Lead, stage_ref="x")
    assert get_json(client, f"leads/{lead.pk}/")["stage"] is None


def test_a_name_is_in_the_schema_and_no_parameter(client: Client) -> None:
    schema = client.get("/api/v1/schema/").json()
    stage = schema["components"]["schemas"]["DealRecord"]["properties"]["stage"]
    assert stage == {"type": "string", "nullable": True, "readOnly": True}
    assert "stage" in get_json(client, "deals/", {"stage": "x"}, status=400)["errors"]
    assert "ordering" in get_json(client, "deals/", {"ordering": "stage"}, status=400)["errors"]
