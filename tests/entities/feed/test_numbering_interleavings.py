"""Two writers and a reader whose steps come in every order: the reader misses nothing."""

import itertools
from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing
from random import Random

import pytest
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from crmmirror.lib.database.cursors import execute
from entities.feed.change_notes import ChangedRecord
from entities.feed.numbering import number_changes, number_notes, take_numbering_lock
from entities.models import Change, ChangeNote, Deal, SearchDocument, TimelineEntry, Word
from entities.stored_events import StoredEvent
from entities.writing.process_batch import process_batch
from tests.support.api_client import create_api_client, get_json
from tests.support.database_sessions import open_session, use_session
from tests.support.envelopes import build_body
from tests.support.feed_copy import EVERYTHING, FeedCopy
from tests.support.random_histories import ensure_source, store_event
from tests.support.run_summary import COUNTS

pytestmark = pytest.mark.django_db(transaction=True)

KEYS = ("d1", "d2", "d3", "d4")
COMMITS = 3

Steps = Iterator[None]
"""Work that stops between any two of its steps, also within a transaction."""


def write(batches: list[list[StoredEvent]], *, is_killed: bool) -> Steps:
    """Apply batches as a worker does, each in a transaction. is_killed: always before it gives numbers."""
    for batch in batches:
        with transaction.atomic():
            process_batch(batch)
            yield
        yield
        if not is_killed:
            yield from number()


def number() -> Steps:
    """Do what `number_notes_if_unlocked` does, with a stop after each statement."""
    with transaction.atomic():
        if take_numbering_lock():
            yield
            number_notes()
            yield


def read(copy: FeedCopy) -> Steps:
    while True:
        copy.read_page(page_size=2)
        yield


def make_batches(random: Random, keys: tuple[str, ...]) -> list[list[StoredEvent]]:
    source = ensure_source("heffl")
    return [
        [
            store_event(source, build_body("heffl", "deal.updated", make_payload(random, key), time))
            for key in random.sample(keys, random.randint(1, len(keys)))
        ]
        for time in (f"2025-01-15T10:{random.randrange(60):02d}:00Z" for _ in range(COMMITS))
    ]


def make_payload(random: Random, key: str) -> dict[str, str]:
    return {"id": key, "title": f"{random.random()}"}


def run_interleaving(seed: int, client: Client, sessions: list[BaseDatabaseWrapper]) -> None:
    """Let the steps of all three come in the order that the seed says, then read what is left."""
    random = Random(seed)
    copy = FeedCopy(client)
    # Each writes half of the records: one that waits for the other's row would stop the only thread.
    halves = (KEYS[:2], KEYS[2:])
    writers = [write(make_batches(random, half), is_killed=random.random() < 0.2) for half in halves]
    work = [*writers, read(copy)]
    waiting = list(range(len(work)))
    try:
        while waiting != [2]:
            actor = random.choice(waiting)
            with use_session(sessions[actor]):
                if next(work[actor], "ended") == "ended":
                    waiting.remove(actor)
        copy.follow(page_size=2)
        rows = {("deal", row["id"]): row for row in get_json(client, "deals/", EVERYTHING)["results"]}
        assert copy.rows == rows, f"the copy of seed {seed} lacks a change"
    finally:
        for steps, session in zip(work, sessions, strict=True):
            with use_session(session):
                steps.close()  # type: ignore[attr-defined]


def run_interleavings(seeds: range) -> None:
    client = create_api_client()
    with ExitStack() as stack:
        sessions = [stack.enter_context(closing(open_session())) for _ in range(3)]
        for seed in seeds:
            run_interleaving(seed, client, sessions)
            for model in (TimelineEntry, SearchDocument, Word, Deal):
                model._default_manager.all().delete()
    COUNTS["interleaved"] += len(seeds)


def test_a_reader_misses_nothing_in_twenty_interleavings() -> None:
    run_interleavings(range(20))
    number_changes()
    assert not ChangeNote.objects.exists()
    assert Change.objects.count() == len(KEYS)


@pytest.mark.prove
@pytest.mark.parametrize("first", range(100, 1100, 250))
def test_a_reader_misses_nothing_in_a_thousand_interleavings(first: int) -> None:
    run_interleavings(range(first, first + 250))


def test_numbers_that_writers_give_before_their_commit_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same steps find the fault of a feed that is numbered by its writers."""
    numbers = itertools.count(1)

    def number_at_once(records: Collection[ChangedRecord]) -> None:
        for record in records:
            execute(
                "INSERT INTO entities_change (number, first_number, record_type, record_id, source_id, scope,"
                " external_id, noted_at) VALUES (%s, 1, %s, %s, %s, %s, %s, now())"
                " ON CONFLICT (source_id, record_type, scope, external_id)"
                " DO UPDATE SET number = excluded.number, record_id = excluded.record_id",
                next(numbers),
                *record,
            )

    monkeypatch.setattr("entities.writing.apply.note_changes", number_at_once)
    monkeypatch.setattr(f"{__name__}.take_numbering_lock", lambda: False)
    with pytest.raises(AssertionError, match="lacks a change"):
        run_interleavings(range(20))
    assert Deal.objects.exists()
