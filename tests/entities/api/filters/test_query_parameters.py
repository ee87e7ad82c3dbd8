"""Unknown parameters: the refusal is short, and names what was probably meant, or what serves instead."""

import pytest
from django.test import Client

from entities.api.filters.query_parameters import SUBSTITUTES, find_substitute
from entities.models import Deal
from tests.support.api_client import create_record, get_json

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "name", "nearest"),
    [
        ("sub-accounts/", "locationid", "location_id"),
        ("deals/", "Status", "status"),
        ("deals/", "created_after", "created_at"),
        ("deals/", "client_name", "client__in"),
        ("invoices/", "due", "due_date"),
        ("events/", "type", "event_type"),
        ("search/", "query", "q"),
    ],
)
def test_an_unknown_parameter_is_answered_with_the_nearest(
    client: Client, path: str, name: str, nearest: str
) -> None:
    answer = client.get(f"/api/v1/{path}", {name: "x"})
    assert answer.status_code == 400
    assert len(answer.content) < 500
    hint = answer.json()["errors"][name][0].removeprefix("Unknown parameter. The nearest: ").removesuffix(".")
    assert nearest in hint.split(", ")
    assert len(hint.split(", ")) == (1 if path == "search/" else 3)


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("limit", "page_size"),
        ("offset", "next_cursor"),
        ("page", "next_cursor"),
        ("sort", "ordering"),
        ("q", "search"),
    ],
)
def test_a_parameter_of_other_apis_is_answered_with_what_serves_instead(
    client: Client, name: str, instead: str
) -> None:
    answer = client.get("/api/v1/deals/", {name: "10"})
    assert (answer.status_code, len(answer.content) < 500) == (400, True)
    assert instead in answer.json()["errors"][name][0]


def test_a_substitute_is_named_only_where_it_is_a_parameter(client: Client) -> None:
    for name, (substitute, hint) in SUBSTITUTES.items():
        assert find_substitute(name, ("status", substitute)) == hint
        assert find_substitute(name, ("status",)) == "The nearest: status."
        assert find_substitute(name, ()) == "This address takes no parameters."
    errors = get_json(client, "changes/", {"sort": "x", "limit": "5", "offset": "5"}, 400)["errors"]
    assert "page_size is the number" in errors["limit"][0]
    assert "ordering" not in errors["sort"][0]
    assert "cursor" not in errors["offset"][0]


@pytest.mark.parametrize("name", ["fields", "include_deleted", "expand"])
def test_what_is_below_a_record_takes_no_parameters_of_the_record(client: Client, name: str) -> None:
    deal = create_record(Deal)
    for below in ("history", "provenance", "same"):
        errors = get_json(client, f"deals/{deal.pk}/{below}/", {name: "x"}, 400)["errors"]
        assert errors == {name: ["Unknown parameter. This address takes no parameters."]}


def test_a_long_name_makes_no_long_answer(client: Client) -> None:
    answer = client.get("/api/v1/deals/", {"status" * 1000: "x"})
    assert (answer.status_code, len(answer.content) < 500) == (400, True)


def test_many_unknown_names_are_compared_no_more_than_a_few(client: Client) -> None:
    errors = get_json(client, "deals/", {f"colour{number}": "red" for number in range(50)}, 400)["errors"]
    assert len(errors) == 50
    assert sum("The nearest" in messages[0] for messages in errors.values()) == 5


def test_addresses_without_parameters_say_so(client: Client) -> None:
    answer = get_json(client, "", {"limit": 1}, 400)
    assert answer["errors"] == {"limit": ["Unknown parameter. This address takes no parameters."]}
