"""Closed words: one that does not exist for the reader is refused with the list of those that do."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from entities.api.filters.closed_words import MAX_OFFERED, ClosedWords
from entities.models import ApiToken, Deal, Message, Word
from entities.vendors import all_vendors
from events.models import Event, Source
from tests.support.access_limits import create_member, limit
from tests.support.api_client import create_event, create_record, ensure_source, get_json

pytestmark = pytest.mark.django_db


def limited_member(source: Source, *scopes: str) -> User:
    """Return an operator who sees this source alone, or sub-accounts of it."""
    member = create_member("Operator")
    limit(member, source, *scopes)
    return member


def get_error(client: Client, path: str, **query: Any) -> str:
    errors = get_json(client, path, query, status=400)["errors"]
    assert list(errors) == list(query)
    return errors[next(iter(query))][0]


@pytest.mark.parametrize("path", ["deals/", "messages/", "events/"])
def test_a_source_that_does_not_exist_is_refused_with_those_that_do(client: Client, path: str) -> None:
    ensure_source("west")
    ensure_source("east")
    expected = "'nobody' does not exist. Choose from: east, west."
    for name, value in (("source", "nobody"), ("source__in", "east,nobody"), ("source__not_in", "nobody")):
        assert get_error(client, path, **{name: value}) == expected
    get_json(client, path, {"source": " WEST "})


def test_a_source_that_the_reader_does_not_see_is_answered_as_one_that_does_not_exist() -> None:
    east, west = ensure_source("east"), ensure_source("west")
    create_record(Deal, source=west)
    _, text = ApiToken.issue(limited_member(east), "tests")
    client = Client(headers={"authorization": f"Bearer {text}"})
    for path in ("deals/", "events/"):
        assert get_error(client, path, source="west") == "'west' does not exist. Choose from: east."
        assert get_error(client, path, source="gone") == "'gone' does not exist. Choose from: east."


def test_without_any_source_the_refusal_says_so(client: Client) -> None:
    assert get_error(client, "deals/", source="x") == "'x' does not exist. There is none."


def test_an_event_type_that_no_vendor_sends_is_refused(client: Client) -> None:
    create_event(event_type="deal.updated")
    known = {name for vendor in all_vendors().values() for name in vendor.event_types}
    message = get_error(client, "events/", event_type="deal.updatd")
    shown, _, others = message.partition("Choose from: ")[2].partition(" and ")
    assert set(shown.split(", ")) < known
    assert len(shown.split(", ")) + int(others.split()[0]) >= len(known)
    assert len(get_json(client, "events/", {"event_type": "DEAL.updated"})["results"]) == 1


def test_an_unknown_event_type_that_came_is_found_by_those_who_see_it(client: Client) -> None:
    source = ensure_source()
    create_event(event_type="deal.archived", status=Event.Status.IGNORED, source=source, scope="a")
    for query in ({"event_type": "deal.archived"}, {"event_type__in": "deal.archived,deal.updated"}):
        assert len(get_json(client, "events/", query)["results"]) == 1
    _, text = ApiToken.issue(limited_member(source, "b"), "tests")
    limited = Client(headers={"authorization": f"Bearer {text}"})
    assert "does not exist" in get_error(limited, "events/", event_type="deal.archived")


def test_a_direction_is_inbound_outbound_or_what_a_vendor_said(client: Client) -> None:
    row = create_record(Message, direction="inbound")
    for word in ("inbound", "Inbound", " INBOUND"):
        found = get_json(client, "messages/", {"direction": word})["results"]
        assert [shown["id"] for shown in found] == [row.pk]
    expected = "'incoming' does not exist. Choose from: inbound, outbound."
    assert get_error(client, "messages/", direction="incoming") == expected
    Word.objects.create(source=row.source, record_type="message", field="direction", word="incoming")
    get_json(client, "messages/", {"direction": "incoming"})


def test_a_status_of_an_event_may_be_written_in_any_case(client: Client) -> None:
    create_event()
    assert len(get_json(client, "events/", {"status": "Applied"})["results"]) == 1


def test_a_long_list_is_cut_in_the_refusal() -> None:
    closed = ClosedWords(lambda viewer: [f"w{number}" for number in range(MAX_OFFERED + 7)])
    viewer: Any = None
    assert closed.read(viewer, ["W3", "w66"]) == ["w3", "w66"]
    with pytest.raises(Exception, match=r"w59 and 7 more\."):
        closed.read(viewer, ["x"])
