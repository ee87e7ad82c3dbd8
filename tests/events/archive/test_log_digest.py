"""The digest of the log: what changes it, in which section, and what does not."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import F

from crmmirror.lib.database.cursors import execute
from entities.models import BaselineEntry, TimelineEntry
from events.models import Event, Source, SourceSecret
from events.processing.claim import read_events
from events.processing.drain import drain_backlog
from events.sources.rotation import reencrypt_all_secrets
from tests.support.log_archives import read_digests, store_odd_events
from tests.support.pruning import prune
from tests.support.rebuild_helpers import run_verify_mirror
from tests.support.vendor_requests import new_source

pytestmark = pytest.mark.django_db(transaction=True)

CHANGES: dict[str, tuple[str, Callable[[], object]]] = {
    "a byte of a body": (
        "events",
        lambda: execute("UPDATE events_event SET body = set_byte(body, 0, 120) WHERE status = 'applied'"),
    ),
    "a digest": ("events", lambda: execute("UPDATE events_event SET digest = digest || 'x'::bytea")),
    "a time of receipt": (
        "events",
        lambda: Event.objects.update(received_at=F("received_at") + timedelta(microseconds=1)),
    ),
    "an event's time": (
        "events",
        lambda: Event.objects.update(occurred_at=F("occurred_at") + timedelta(microseconds=1)),
    ),
    "a header": ("events", lambda: Event.objects.update(headers={"user-agent": "y"})),
    "a status": ("events", lambda: Event.objects.filter(status="applied").update(status="ignored")),
    "a warning": ("events", lambda: Event.objects.update(warnings=["w"])),
    "an event less": ("events", lambda: Event.objects.filter(status="malformed").earliest("id").delete()),
    "the source of events": (
        "events",
        lambda: Event.objects.update(source=Source.objects.exclude(slug="acme").get()),
    ),
    "what an event wrote": ("timeline", lambda: TimelineEntry.objects.update(wrote={"title": "x"})),
    "an entry less": ("timeline", lambda: TimelineEntry.objects.earliest("id").delete()),
    "an address": ("sources", lambda: Source.objects.filter(slug="acme").update(uuid=OTHER)),
    "a setting": ("sources", lambda: Source.objects.update(time_zone="Asia/Dubai")),
    "a secret less": ("sources", lambda: SourceSecret.objects.earliest("id").delete()),
    "a secret's end": ("sources", lambda: SourceSecret.objects.update(expires_at=F("created_at"))),
}
OTHER = "00000000-0000-4000-8000-000000000000"
NO_CHANGES: dict[str, Callable[[], object]] = {
    "the key of secrets": reencrypt_all_secrets,
    "ids": lambda: execute(
        "UPDATE events_event SET id = id + 1000000 WHERE NOT EXISTS"
        " (SELECT FROM entities_timelineentry entry WHERE entry.event_id = events_event.id)"
    ),
    "the mirror's attempts": lambda: Event.objects.update(
        attempts=9, settled_at=None, next_attempt_at=None, reapplied_at=F("received_at")
    ),
    "a rewritten table": lambda: execute("CLUSTER events_event USING event_identity"),
}


@pytest.fixture(autouse=True)
def log() -> None:
    source, _ = new_source()
    new_source(slug="other")
    store_odd_events(source)
    drain_backlog()


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen_in_its_section(change: str) -> None:
    before = read_digests().sections
    section, make = CHANGES[change]
    make()
    after = read_digests().sections
    changed = {name for name in before if before[name] != after[name]}
    # The timeline and the events name the events by their digests, and the timeline's source is the event's.
    assert section in changed
    if change not in ("a digest", "the source of events", "an event less"):
        assert changed == {section}


@pytest.mark.parametrize("change", NO_CHANGES)
def test_what_an_import_or_a_new_key_changes_is_no_part_of_it(change: str) -> None:
    before = read_digests()
    NO_CHANGES[change]()
    assert read_digests() == before


def test_what_is_kept_of_pruned_events_is_in_it() -> None:
    event = Event.objects.filter(status="applied").earliest("id")
    before = read_digests()
    prune(*read_events([event.pk]))
    after = read_digests()
    assert after.mirror == before.mirror
    assert after.sections["baseline"] != before.sections["baseline"]
    BaselineEntry.objects.update(writes={"title": "x"})
    assert read_digests().sections["baseline"] != after.sections["baseline"]


def test_verify_mirror_prints_the_digest_and_those_of_the_sections() -> None:
    status, printed = run_verify_mirror("--log-digest")
    total, *sections = printed.splitlines()
    assert status == 0
    assert len(bytes.fromhex(total)) == 32
    assert [line.split()[0] for line in sections] == ["sources", "events", "baseline", "timeline"]
    assert [line.split()[1] for line in sections] == list(read_digests().sections.values())
    assert sections[0].endswith("(2 rows)")
