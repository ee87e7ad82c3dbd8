"""The log of events and the sources, through their addresses."""

import base64
import json
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from crmmirror.api_urls import VIEWSETS
from events.models import Event
from tests.support.api_client import NOW, create_api_client, create_event, ensure_source, get_ids, get_json

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return create_api_client()


def test_the_log_is_listed_newest_first_without_bodies(client: Client) -> None:
    older = create_event(NOW - timedelta(hours=1), warnings=["value: no amount"], attempts=1, scope="sa")
    newer = create_event(NOW)
    shown = get_json(client, "events/")["results"]
    assert [row["id"] for row in shown] == [newer.pk, older.pk]
    assert get_ids(client, "events/", scope="sa") == [older.pk]
    assert get_ids(client, "events/", scope__isnull="true") == [newer.pk]
    assert shown[1] == {
        "id": older.pk,
        "source": "acme",
        "event_type": "deal.updated",
        "occurred_at": "2025-03-01T11:00:00.000000Z",
        "received_at": "2025-03-01T12:00:00.000000Z",
        "origin": "webhook",
        "scope": "sa",
        "status": "applied",
        "warnings": ["value: no amount"],
        "error": "",
        "attempts": 1,
        "pruned_at": None,
    }


def test_a_pruned_event_has_no_body_and_says_since_when(client: Client) -> None:
    stored = create_event(body=b"", pruned_at=NOW)
    detail = get_json(client, f"events/{stored.pk}/")
    assert (detail["body"], detail["body_encoding"], detail["headers"]) == (None, None, {})
    assert detail["pruned_at"] == "2025-03-01T12:00:00.000000Z"
    whole = create_event()
    assert get_ids(client, "events/", pruned_at__isnull="false") == [stored.pk]
    assert get_ids(client, "events/", pruned_at__isnull="true") == [whole.pk]


@pytest.mark.parametrize(
    ("body", "shown", "encoding"),
    [
        (b'{"event": "a",\n "x": "\xc3\xa9"}', '{"event": "a",\n "x": "é"}', "utf-8"),
        (b'{"x": "\\u0000"}\x00', '{"x": "\\u0000"}\x00', "utf-8"),
        (b"\xff\xfe{\x00", base64.b64encode(b"\xff\xfe{\x00").decode(), "base64"),
        (b"", "", "utf-8"),
    ],
)
def test_an_event_shows_its_exact_body_and_headers(
    client: Client, body: bytes, shown: str, encoding: str
) -> None:
    stored = create_event(body=body, headers={"webhook-id": "msg_1"})
    detail = get_json(client, f"events/{stored.pk}/")
    assert (detail["body"], detail["body_encoding"]) == (shown, encoding)
    assert detail["headers"] == {"webhook-id": "msg_1"}


def test_events_are_filtered_by_what_they_show(client: Client) -> None:
    failed = create_event(
        NOW,
        status=Event.Status.FAILED,
        error="Out of range",
        attempts=3,
        event_type="x.y",
        source=ensure_source("b"),
    )
    create_event(NOW - timedelta(days=1), warnings=["w"])
    for query in (
        {"status": "failed"},
        {"status__in": "failed,malformed"},
        {"source": "b"},
        {"event_type": "x.y"},
        {"event_type__icontains": "X."},
        {"error__icontains": "range"},
        {"attempts__gt": 2},
        {"occurred_at__gte": "2025-03-01"},
        {"warnings__contains": "[]", "id": failed.pk},
    ):
        assert get_ids(client, "events/", **query) == [failed.pk], query
    assert get_ids(client, "events/", warnings__contains='["w"]') != [failed.pk]


@pytest.mark.parametrize("query", [{"status": "done"}, {"status__in": "failed,done"}, {"status": ""}])
def test_an_unknown_status_is_rejected(client: Client, query: dict[str, str]) -> None:
    get_json(client, "events/", query, status=400)


@pytest.mark.parametrize("query", [{"body": "x"}, {"headers": "x"}, {"digest": "00"}, {"ordering": "body"}])
def test_bodies_and_digests_are_not_filters(client: Client, query: dict[str, str]) -> None:
    get_json(client, "events/", query, status=400)


@pytest.mark.parametrize("path", ["events", "sources"])
def test_every_field_of_the_log_has_a_filter(path: str) -> None:
    viewset = VIEWSETS[path]
    shown = get_json(create_api_client(), "sources/")
    filters = viewset.filterset_class.base_filters
    columns = {
        "events": set(viewset.orderable_columns) | {"warnings"},
        "sources": set(viewset.orderable_columns),
    }[path]
    assert [name for name in columns if name not in filters and f"{name}__contains" not in filters] == []
    assert shown["results"] == []


def test_sources_are_shown_without_secrets(client: Client) -> None:
    one = ensure_source("acme", header="X-Signature", prefix="sha256=", assumed_currency="AED")
    one.secrets.create(ciphertext=b"secret")
    shown = get_json(client, "sources/acme/")
    assert list(shown) == ["slug", "vendor", "scheme", "active", "assumed_currency", "created_at"]
    assert shown["assumed_currency"] == "AED"
    assert str(one.uuid) not in json.dumps(get_json(client, "sources/"))


def test_sources_are_listed_by_slug_and_paged(client: Client) -> None:
    for slug in ("c", "a", "b"):
        ensure_source(slug)
    first = get_json(client, "sources/", {"page_size": 2})
    rest = client.get(first["next"]).json()
    assert [row["slug"] for row in first["results"] + rest["results"]] == ["a", "b", "c"]
    assert get_json(client, "sources/", {"scheme": "none"})["results"] == []


def test_the_log_takes_the_same_queries_for_any_number_of_rows(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for slug in ("a", "b", "c"):
        create_event(source=ensure_source(slug))
    for size in (1, 3):
        with django_assert_num_queries(3):
            get_json(client, "events/", {"page_size": size})
        with django_assert_num_queries(3):
            get_json(client, "sources/", {"page_size": size})
