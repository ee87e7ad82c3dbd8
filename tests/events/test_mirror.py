"""Rebuilding and verifying: through the commands, on committed rows."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Model

from entities import generate, vendors
from entities.models import Contact, Deal, Record, TimelineEntry
from entities.plan import plans
from entities.registers import dump, load
from entities.schema import records
from entities.tables import table
from entities.vendor import Vendor
from events import intake, mirror
from events.apply_again import apply_again
from events.drain import drain
from events.models import Event, Source
from tests.entities.histories import RECEIVED, source, store

pytestmark = pytest.mark.django_db(transaction=True)


def deliver(count: int, seed: int = 1) -> None:
    for vendor in vendors.every().values():
        deliver_bodies(source(vendor.name), generate.stream(vendor, count, seed))
    drain()


def deliver_bodies(into: Source, bodies: list[bytes]) -> None:
    for body in bodies:
        store(into, body)


def deal(second: int, event: str = "deal.updated", **said: Any) -> bytes:
    time = f"2026-01-01T00:00:{second:02d}Z"
    return json.dumps({"event": event, "timestamp": time, "payload": {"id": "d1"} | said}).encode()


def tables() -> tuple[type[Model], ...]:
    """The log, and all that is made out of it."""
    return (*records(), TimelineEntry, Event)


def contents() -> list[list[dict[str, Any]]]:
    return [list(model._base_manager.order_by("pk").values()) for model in tables()]


def verify(*arguments: str) -> tuple[int, str]:
    """The exit status and what is printed."""
    output = io.StringIO()
    try:
        call_command("verify_mirror", *arguments, stdout=output, stderr=io.StringIO())
    except SystemExit as exit:
        return int(exit.code or 0), output.getvalue()
    return 0, output.getvalue()


def rebuild() -> str:
    output = io.StringIO()
    call_command("rebuild_mirror", stdout=output, stderr=io.StringIO())
    return output.getvalue()


def keys() -> set[tuple[Any, ...]]:
    return {
        (model, *row)
        for model in records()
        for row in model._base_manager.values_list("pk", "source", "scope", "external_id")
    }


def test_a_mirror_that_heard_its_events_in_any_order_is_verified() -> None:
    deliver(150)
    assert verify() == (0, "300 events, 0 rows differ\n")


def test_a_cell_that_was_changed_by_hand_is_shown_with_its_event() -> None:
    deliver_bodies(source("heffl"), [deal(1, title="Right")])
    drain()
    Deal.objects.update(title="Wrong")
    status, printed = verify()
    event = Event.objects.get()
    assert status == 1
    assert f'deal heffl/d1: title: live "Wrong", rebuilt "Right", event {event.pk}' in printed


@pytest.mark.parametrize(
    ("spoil", "shown"),
    [
        (lambda: Deal.objects.all().delete(), 'record: live "absent", rebuilt "present"'),
        (lambda: Contact.objects.create(source=source("heffl"), external_id="x"), 'record: live "present"'),
        (lambda: TimelineEntry.objects.first().delete(), "1 rows differ"),  # type: ignore[union-attr]
    ],
)
def test_a_row_too_few_or_too_many_is_shown(spoil: Callable[[], Any], shown: str) -> None:
    deliver_bodies(source("heffl"), [deal(1, title="Right")])
    drain()
    spoil()
    status, printed = verify()
    assert status == 1
    assert shown in printed


@pytest.mark.parametrize(
    ("spoil", "shown"),
    [
        (lambda entries: entries.delete(), 'live null, rebuilt {"title": "Right", "exists": true}'),
        (
            lambda entries: entries.update(wrote={"title": "Wrong"}),
            'live {"title": "Wrong"}, rebuilt {"title": "Right", "exists": true}',
        ),
    ],
)
def test_an_entry_of_a_timeline_that_differs_is_shown_with_its_record_and_event(
    spoil: Callable[[Any], Any], shown: str
) -> None:
    deliver_bodies(source("heffl"), [deal(1, title="Right")])
    drain()
    spoil(TimelineEntry.objects.all())
    event = Event.objects.get()
    assert verify() == (
        1,
        f"deal heffl/d1: timeline: {shown}, event {event.pk}\n1 events, 1 rows differ\n",
    )


def test_verifying_changes_nothing() -> None:
    deliver(60)
    Deal.objects.update(title="Wrong")
    before = contents()
    assert verify()[0] == 1
    assert before == contents()


def test_a_rebuild_mends_what_was_spoilt_and_keeps_every_id() -> None:
    deliver(150)
    digest, ids = verify("--digest"), keys()
    Deal.objects.update(title="Wrong", extra={"no": 1}, closed_at=RECEIVED, is_deleted=True)
    Contact.objects.update(client=None, tags=["no"])
    TimelineEntry.objects.filter(pk__lt=TimelineEntry.objects.order_by("pk")[40].pk).delete()
    assert verify()[0] == 1
    rebuild()
    assert verify()[0] == 0
    assert (digest, ids) == (verify("--digest"), keys())


def test_a_rebuild_brings_lost_records_back_with_their_references() -> None:
    deliver(100)
    digest = verify("--digest")
    with connection.cursor() as cursor:
        names = ", ".join(f'"{model._meta.db_table}"' for model in tables() if model is not Event)
        cursor.execute(f"TRUNCATE {names}")
    rebuild()
    assert verify("--digest") == digest


def test_a_rebuild_of_a_sound_mirror_touches_no_row() -> None:
    deliver(60)
    changed = list(Deal.objects.order_by("id").values_list("changed_at", flat=True))
    assert rebuild() == "rebuilt from 120 events: 0 rows and 0 events changed\n"
    assert changed == list(Deal.objects.order_by("id").values_list("changed_at", flat=True))


def test_an_event_that_waits_is_no_difference() -> None:
    deliver(20)
    deliver_bodies(source("heffl"), [deal(1, title="Later")])
    assert verify()[0] == 0


def test_an_applied_event_that_waits_to_be_applied_again_is_no_difference() -> None:
    deliver(20)
    Event.objects.update(status=Event.Status.PENDING)
    assert verify()[0] == 0


def test_events_applied_while_the_mirror_is_rebuilt_are_in_it(meanwhile: Callable[..., None]) -> None:
    deliver_bodies(source("heffl"), [deal(1, title="Before", clientId="c1")])
    drain()
    meanwhile(deal(2, title="Meanwhile", clientId="c2"))
    rebuild()
    assert Deal.objects.get().title == "Meanwhile"
    assert verify()[0] == 0


def test_a_batch_that_began_before_the_rebuild_and_ends_within_it_is_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It settled its events before the rebuild looked at the time, and committed after the log was read."""
    deliver_bodies(source("heffl"), [deal(1, title="Slow")])
    settled, ended = Signal(), Signal()
    wait_for_others, hold_alone = mirror.lock.wait_for_others, mirror.lock.hold_alone
    worker = Thread(target=lambda: settle_slowly(settled, ended))

    def wait_then_begin_a_batch() -> None:
        wait_for_others()
        worker.start()
        settled.wait(10)

    def end_the_batch_then_hold() -> None:
        ended.set()
        worker.join()
        hold_alone()

    monkeypatch.setattr(mirror.lock, "wait_for_others", wait_then_begin_a_batch)
    monkeypatch.setattr(mirror.lock, "hold_alone", end_the_batch_then_hold)
    rebuild()
    assert Deal.objects.get().title == "Slow"
    assert verify() == (0, "1 events, 0 rows differ\n")


def settle_slowly(settled: Signal, ended: Signal) -> None:
    """One batch that is settled and not committed until it is told to end."""
    try:
        with transaction.atomic():
            drain()
            settled.set()
            ended.wait(10)
    finally:
        connection.close()


def test_a_record_that_comes_to_be_on_both_sides_of_a_rebuild_keeps_the_live_id(
    meanwhile: Callable[..., None], learned: Callable[[], None]
) -> None:
    """A type that is now known brings it into the rebuilt one; an event meanwhile, into the live."""
    deliver_bodies(source("heffl"), [deal(1, event="deal.archived", clientId="c1")])
    drain()
    learned()
    seen: list[set[tuple[Any, ...]]] = []
    meanwhile(deal(2, title="Meanwhile", clientId="c1"), then=lambda: seen.append(keys()))
    rebuild()
    assert seen == [keys()]
    assert Deal.objects.get().client is not None
    assert verify()[0] == 0


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets another connection apply an event after the log is read and before the mirror is replaced."""

    def arrange(body: bytes, then: Callable[[], Any] = lambda: None) -> None:
        hold_alone = mirror.lock.hold_alone

        def apply_then_hold() -> None:
            in_another_connection(apply)
            hold_alone()

        def apply() -> None:
            deliver_bodies(source("heffl"), [body])
            drain()
            then()

        monkeypatch.setattr(mirror.lock, "hold_alone", apply_then_hold)

    return arrange


def in_another_connection(work: Callable[[], Any]) -> None:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    thread.join()


def test_a_field_that_the_mapping_learns_is_filled_from_old_events(learned: Callable[[], None]) -> None:
    deliver_bodies(source("heffl"), [deal(1, closingNote="Signed in person")])
    drain()
    assert Deal.objects.get().extra == {"closingNote": "Signed in person"}
    learned()
    assert verify()[0] == 1
    rebuild()
    row = Deal.objects.get()
    assert (row.lost_reason, row.extra) == ("Signed in person", {})
    assert verify()[0] == 0


def test_ignored_events_of_a_type_that_is_now_known_are_applied(learned: Callable[[], None]) -> None:
    deliver_bodies(source("heffl"), [deal(1, event="deal.archived", title="Old")])
    drain()
    assert Event.objects.get().status == Event.Status.IGNORED
    learned()
    rebuild()
    assert Event.objects.get().status == Event.Status.APPLIED
    assert Deal.objects.get().title == "Old"


@pytest.mark.parametrize("mend", [lambda: rebuild(), lambda: (apply_again(Event.objects.all()), drain())])
def test_an_event_that_is_no_longer_malformed_has_its_type_and_time_in_the_log(
    learned: Callable[[], None], mend: Callable[[], Any]
) -> None:
    """The envelope's key is written otherwise, which the vendor's table learns."""
    body = deal(1, title="T").replace(b'"payload"', b'"record"')
    stored = intake.store(source("heffl"), body, {}, RECEIVED)
    assert stored.outcome == intake.Outcome.MALFORMED
    learned()
    mend()
    event = Event.objects.get()
    assert (event.status, event.error, Deal.objects.get().title) == ("applied", "", "T")
    assert (event.event_type, event.occurred_at) == (
        "deal.updated",
        datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC),
    )


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a vendor's table learn a field, an event type and a key of the envelope, until the test's end."""

    def learn() -> None:
        vendor = vendors.get("heffl")
        deals = replace(vendor.events["deal.updated"].entity)
        deals = replace(deals, columns={**deals.columns, "lost_reason": "closingNote lostReason"})
        types = {
            name: replace(known, entity=deals) if known.entity.model == "deal" else known
            for name, known in vendor.events.items()
        }
        types["deal.archived"] = types["deal.updated"]
        changed: dict[str, Vendor] = vendors.every() | {
            "heffl": replace(vendor, events=types, payload_keys=(*vendor.payload_keys, "record"))
        }
        monkeypatch.setattr(vendors, "every", lambda: changed)
        plans.cache_clear()

    yield learn
    monkeypatch.undo()
    plans.cache_clear()


def test_the_registers_of_a_row_read_back_as_they_were_written() -> None:
    deliver(100)
    for model in records():
        for row in model._base_manager.all():
            state = load(row.registers)
            assert load(dump(state, plain(model))) == state


def plain(model: type[Record]) -> frozenset[str]:
    return table(model).plain


def test_a_limit_that_is_none_is_one_line() -> None:
    with pytest.raises(CommandError, match="'-1' is no number above zero"):
        call_command("verify_mirror", "--limit=-1")
