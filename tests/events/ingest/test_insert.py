"""The log takes a group of events together, and inserts them one by one if one of them is at fault."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from django.db import DatabaseError, connection

from events.ingest import insert
from events.ingest.insert import InsertedEvent, SourceChanged
from events.ingest.new_event import EVENT_COLUMNS, INPUT_TYPES, NewEvent
from events.models import Event, Source
from tests.support.vendor_requests import new_source

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def source(transactional_db: None) -> Source:
    return new_source("none")[0]


def new_event(source: Source, body: bytes = b"{}") -> NewEvent:
    digest = sha256(body).digest()
    return NewEvent(source.pk, digest, body, {}, "x", NOW, NOW, "pending", None, (), "", None)


def stored_bodies() -> set[bytes]:
    return {bytes(body) for body in Event.objects.values_list("body", flat=True)}


def test_an_event_that_the_database_refuses_does_not_block_the_others(source: Source) -> None:
    refused = replace(new_event(source, b"2"), headers={"user-agent": "\x00"})
    first, second, third = insert._insert_group([new_event(source, b"1"), refused, new_event(source, b"3")])
    assert isinstance(first, InsertedEvent)
    assert isinstance(second, DatabaseError)
    assert isinstance(third, InsertedEvent)
    assert stored_bodies() == {b"1", b"3"}


def test_the_same_event_twice_in_one_group_is_new_once(source: Source) -> None:
    one, other = insert._insert_group([new_event(source), new_event(source)])
    assert isinstance(one, InsertedEvent)
    assert isinstance(other, InsertedEvent)
    assert (one.event_id, {one.is_new, other.is_new}) == (other.event_id, {True, False})


def test_large_bodies_are_stored_whole_and_one_by_one(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(insert, "MAX_GROUP_BYTES", 10)
    bodies = [b"a" * 9, b"\x00\xff" * 9, b"c"]
    results = insert._insert_group([new_event(source, body) for body in bodies])
    assert all(isinstance(result, InsertedEvent) for result in results)
    assert stored_bodies() == set(bodies)


def test_an_event_whose_source_has_changed_does_not_block_the_others(source: Source) -> None:
    stale = replace(new_event(source, b"1"), version="an older version")
    first, second = insert._insert_group([stale, new_event(source, b"2")])
    assert isinstance(first, SourceChanged)
    assert isinstance(second, InsertedEvent)


def test_every_column_is_stored_as_it_was_given(source: Source) -> None:
    body, receipt = bytes(range(256)), datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    headers = {"user-agent": "\\x41 é\u2028\U0001f600"}
    event = NewEvent(
        source.pk,
        b"\\x" * 16,
        body,
        headers,
        "ty\\pe",
        NOW,
        receipt,
        "malformed",
        receipt,
        ("w",),
        "why",
        None,
    )
    insert._insert_group([event])
    row = Event.objects.values(*EVENT_COLUMNS).get()
    expected = {column: getattr(event, column) for column in EVENT_COLUMNS} | {"warnings": ["w"]}
    assert row | {"digest": bytes(row["digest"]), "body": bytes(row["body"])} == expected


def test_the_table_of_columns_agrees_with_the_dataclass_and_the_model() -> None:
    assert [field.name for field in fields(NewEvent)] == list(INPUT_TYPES)
    model_types = {column: Event._meta.get_field(column).db_type(connection) for column in EVENT_COLUMNS}
    names = {"timestamp with time zone": "timestamptz"}
    assert {column: names.get(str(of), of) for column, of in model_types.items()} == EVENT_COLUMNS
