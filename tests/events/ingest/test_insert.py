"""The log takes events together, and each by itself where one of them is at fault."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from django.db import DatabaseError

from events.ingest import insert
from events.ingest.insert import InsertedEvent, NewEvent, SourceChanged
from events.models import Event, Source
from tests.support.vendor_requests import new_source

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def source(transactional_db: None) -> Source:
    return new_source("none")[0]


def incoming(source: Source, body: bytes = b"{}") -> NewEvent:
    digest = sha256(body).digest()
    return NewEvent(source.pk, digest, body, {}, "x", NOW, NOW, "pending", None, (), "", None)


def test_one_that_the_database_refuses_does_not_keep_the_others_out(source: Source) -> None:
    refused = replace(incoming(source, b"2"), headers={"user-agent": "\x00"})
    first, second, third = insert._write([incoming(source, b"1"), refused, incoming(source, b"3")])
    assert isinstance(first, InsertedEvent)
    assert isinstance(second, DatabaseError)
    assert isinstance(third, InsertedEvent)
    assert {bytes(body) for body in Event.objects.values_list("body", flat=True)} == {b"1", b"3"}


def test_the_same_event_twice_at_once_is_new_once(source: Source) -> None:
    one, other = insert._write([incoming(source), incoming(source)])
    assert isinstance(one, InsertedEvent)
    assert isinstance(other, InsertedEvent)
    assert (one.event_id, {one.is_new, other.is_new}) == (other.event_id, {True, False})


def test_large_bodies_are_stored_whole_and_one_by_one(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(insert, "MAX_GROUP_BYTES", 10)
    bodies = [b"a" * 9, b"\x00\xff" * 9, b"c"]
    assert all(
        isinstance(found, InsertedEvent)
        for found in insert._write([incoming(source, body) for body in bodies])
    )
    assert {bytes(body) for body in Event.objects.values_list("body", flat=True)} == set(bodies)


def test_one_whose_source_has_changed_does_not_keep_the_others_out(source: Source) -> None:
    stale, fresh = insert._write(
        [replace(incoming(source, b"1"), version="of yesterday"), incoming(source, b"2")]
    )
    assert isinstance(stale, SourceChanged)
    assert isinstance(fresh, InsertedEvent)
