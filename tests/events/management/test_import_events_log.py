"""`import_events --log`: events come back byte for byte and with the same clocks, once, whatever cuts it."""

import gzip
import io
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from entities.generator.event_generator import generate_stream
from entities.vendors import all_vendors
from events.ingest.store import store_event
from events.models import Event, Source
from events.processing.claim import read_events
from events.processing.drain import drain_backlog
from tests.support.log_archives import (
    ODD_BODIES,
    RECEIVED_AT,
    empty_mirror,
    export_events,
    import_log,
    make_malformed_event,
    read_bodies,
    read_digests,
    read_lines,
    replay,
    store_odd_events,
    write_lines,
)
from tests.support.paths import PROJECT
from tests.support.pruning import prune
from tests.support.random_histories import ensure_source
from tests.support.rebuild_helpers import run_verify_mirror
from tests.support.vendor_requests import new_source
from tests.support.web_server import database_url

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def source() -> Source:
    return new_source()[0]


@pytest.fixture
def archive(source: Source, tmp_path: Path) -> Path:
    """Return the archive of a log with odd events, which is empty again."""
    store_odd_events(source)
    drain_backlog()
    export_events(tmp_path / "log")
    empty_mirror()
    return tmp_path / "log"


def store_generated_events(count: int) -> None:
    for vendor in all_vendors().values():
        source = ensure_source(vendor.name)
        for number, body in enumerate(generate_stream(vendor, count, 5)):
            store_event(source, body, {}, RECEIVED_AT + timedelta(seconds=number))


@pytest.mark.parametrize("name", ["log", "log.gz"])
def test_a_replayed_log_gives_the_same_mirror_and_the_same_log(
    source: Source, tmp_path: Path, name: str
) -> None:
    store_odd_events(source)
    store_generated_events(150)
    drain_backlog()
    before, bodies = read_digests(), read_bodies()
    assert {"applied", "ignored", "failed", "malformed"} <= set(
        Event.objects.values_list("status", flat=True)
    )
    export_events(tmp_path / name)
    empty_mirror()
    replay(tmp_path / name)
    assert read_bodies() == bodies
    assert read_digests() == before
    assert run_verify_mirror()[0] == 0


def test_each_odd_body_comes_back_byte_for_byte_with_its_times(archive: Path, source: Source) -> None:
    replay(archive)
    assert read_bodies() == list(ODD_BODIES.values())
    stored = Event.objects.order_by("id")
    assert [event.received_at for event in stored] == [
        RECEIVED_AT + timedelta(seconds=number) for number in range(len(ODD_BODIES))
    ]
    times = dict(zip(ODD_BODIES, stored, strict=True))
    for name in ("no time", "a future time"):
        assert times[name].occurred_at == times[name].received_at


def test_the_same_archive_twice_stores_nothing_twice(archive: Path) -> None:
    assert f"stored {len(ODD_BODIES)}, duplicate 0:" in import_log(archive)
    assert f"stored 0, duplicate {len(ODD_BODIES)}:" in import_log(archive)
    assert read_bodies() == list(ODD_BODIES.values())


def test_what_was_delivered_meanwhile_is_not_stored_twice(archive: Path, source: Source) -> None:
    store_event(source, ODD_BODIES["NULs"], {}, datetime.now(UTC))
    assert f"stored {len(ODD_BODIES) - 1}, duplicate 1:" in import_log(archive)
    replay(archive)
    assert run_verify_mirror()[0] == 0


def test_what_was_applied_is_applied_again_and_what_failed_keeps_its_state(
    source: Source, tmp_path: Path
) -> None:
    for status in Event.Status.values:
        store_event(source, status.encode(), {}, RECEIVED_AT)
    due = RECEIVED_AT + timedelta(days=1)
    changes = {"attempts": 3, "next_attempt_at": due, "settled_at": due, "error": "e", "warnings": ["w"]}
    for status in Event.Status.values:
        Event.objects.filter(body=status.encode()).update(status=status, **changes)
    export_events(tmp_path / "log")
    empty_mirror()
    import_log(tmp_path / "log")
    columns = ("status", "attempts", "next_attempt_at", "settled_at")
    found = {
        bytes(body).decode(): dict(zip(columns, values, strict=True))
        for body, *values in Event.objects.values_list("body", *columns)
    }
    kept = {"attempts": 3, "next_attempt_at": due, "settled_at": due}
    anew = {"status": "pending", "attempts": 0, "next_attempt_at": None, "settled_at": None}
    assert found == {
        "pending": {"status": "pending"} | kept,
        "applied": anew,
        "ignored": anew,
        "failed": {"status": "failed"} | kept,
        "malformed": {"status": "malformed"} | kept,
    }
    assert set(Event.objects.values_list("error", flat=True)) == {"e"}


def test_events_keep_their_order_and_follow_those_that_are_there(archive: Path, source: Source) -> None:
    store_event(source, b"here before", {}, datetime.now(UTC))
    import_log(archive)
    assert read_bodies() == [b"here before", *ODD_BODIES.values()]


def test_events_of_one_source_can_go_to_one_of_another_name(archive: Path, source: Source) -> None:
    Source.objects.filter(pk=source.pk).update(slug="renamed")
    call_command("import_events", "renamed", str(archive))
    assert read_bodies() == list(ODD_BODIES.values())


def test_a_line_that_is_wrong_is_named_and_what_came_before_it_is_stored_at_the_next_run(
    archive: Path,
) -> None:
    lines = read_lines(archive)
    wrong = [*lines[:3], lines[3] | {"body": "%"}, *lines[4:]]
    with pytest.raises(CommandError, match=r"log:4 body is not base64; correct it and import again"):
        import_log(write_lines(archive, wrong))
    import_log(write_lines(archive, lines))
    assert read_bodies() == list(ODD_BODIES.values())


@pytest.mark.parametrize("place", [0, 2])
def test_a_line_that_is_no_json_is_named(archive: Path, place: int) -> None:
    lines = archive.read_bytes().splitlines(True)
    lines[place] = b"{\n"
    archive.write_bytes(b"".join(lines))
    with pytest.raises(CommandError, match=rf"log:{place + 1} is not "):
        import_log(archive)


def test_an_archive_that_was_cut_is_told_after_its_events_are_stored(archive: Path) -> None:
    lines = read_lines(archive)
    with pytest.raises(CommandError, match="log has no end and has 2: it was cut"):
        import_log(write_lines(archive, lines[:3]))
    assert len(read_bodies()) == 2
    with pytest.raises(CommandError, match=f"log should have {len(ODD_BODIES)} events and has 1: it was cut"):
        import_log(write_lines(archive, [*lines[:2], lines[-1]]))


def test_a_compressed_archive_that_was_cut_is_told(archive: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(archive.read_bytes())[:-200])
    with pytest.raises(CommandError, match=r"cut.gz:\d+: cannot be read on"):
        import_log(cut)


def test_an_archive_without_pruned_events_is_taken_only_if_one_says_so(
    source: Source, tmp_path: Path
) -> None:
    store_odd_events(source)
    drain_backlog()
    prune(*read_events([Event.objects.filter(status=Event.Status.APPLIED).earliest("id").pk]))
    path = tmp_path / "log.jsonl"
    export_events(path, "--without-pruned")
    empty_mirror()
    with pytest.raises(
        CommandError, match=r"log.jsonl:1: the archive lacks 1 events, .* use backup there and restore"
    ):
        import_log(path)
    assert not Event.objects.exists()
    call_command("import_events", "--log", str(path), "--without-pruned", stdout=io.StringIO())
    assert Event.objects.count() == len(ODD_BODIES) - 1


def test_a_source_that_is_not_there_is_named_before_anything_is_stored(archive: Path, source: Source) -> None:
    Source.objects.filter(pk=source.pk).update(slug="renamed")
    with pytest.raises(CommandError, match="there is no source 'acme'; there are: renamed; create it first"):
        import_log(archive)
    assert read_bodies() == []


def test_a_source_of_another_vendor_is_refused(archive: Path, source: Source) -> None:
    Source.objects.filter(pk=source.pk).update(vendor="seedly")
    with pytest.raises(CommandError, match="acme is of the vendor heffl, and the source acme of seedly"):
        import_log(archive)
    assert read_bodies() == []


def test_an_event_of_a_source_that_the_first_line_lacks_is_refused(archive: Path) -> None:
    lines = read_lines(archive)
    lines[1]["source"] = "other"
    with pytest.raises(CommandError, match="log:2 is of the source 'other', which the first line lacks"):
        import_log(write_lines(archive, lines))


def test_an_archive_of_several_sources_does_not_go_to_one(source: Source, tmp_path: Path) -> None:
    new_source(slug="other")
    export_events(tmp_path / "log")
    with pytest.raises(CommandError, match="the archive is of acme, other: import it with --log"):
        call_command("import_events", "acme", str(tmp_path / "log"))


@pytest.mark.parametrize("arguments", [(), ("acme",), ("acme", "x", "--log", "y")])
def test_arguments_that_do_not_say_what_to_import_are_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="give the SLUG of a source and FILEs of bodies, or --log"):
        call_command("import_events", *arguments)


def test_an_import_that_is_killed_is_completed_by_a_second_one(source: Source, tmp_path: Path) -> None:
    Event.objects.bulk_create(make_malformed_event(source, number) for number in range(6000))
    path = tmp_path / "log"
    export_events(path)
    before = read_digests()
    empty_mirror()
    importing = subprocess.Popen(
        [sys.executable, "manage.py", "import_events", "--log", str(path)],
        cwd=PROJECT,
        env=os.environ | {"DATABASE_URL": database_url()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while not Event.objects.exists() and importing.poll() is None:
        time.sleep(0.005)
    importing.send_signal(signal.SIGKILL)
    importing.communicate()
    stored = Event.objects.count()
    assert 0 < stored < 6000
    assert "stored" in import_log(path)
    assert read_digests() == before
