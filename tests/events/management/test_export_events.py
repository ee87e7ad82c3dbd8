"""`export_events`: what an archive holds, the limits of it, and archives that go on from another."""

import base64
import gzip
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db import transaction

from events.archive import log_mark
from events.ingest.store import store_event
from events.models import Event, Source
from events.processing.claim import read_events
from events.processing.drain import drain_backlog
from tests.support.database_sessions import open_session, use_session
from tests.support.log_archives import (
    HEADERS,
    ODD_BODIES,
    RECEIVED_AT,
    export_events,
    import_log,
    read_lines,
    store_odd_events,
)
from tests.support.paths import PROJECT
from tests.support.pruning import prune
from tests.support.vendor_requests import new_source
from tests.support.web_server import database_url

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def source() -> Source:
    return new_source()[0]


def store(source: Source, *names: str, received_at: datetime = RECEIVED_AT) -> None:
    for name in names:
        store_event(source, name.encode(), {}, received_at)


def bodies(path: Path) -> list[str]:
    return [base64.b64decode(line["body"]).decode() for line in read_lines(path)[1:-1]]


def test_an_archive_has_a_header_a_line_for_each_event_and_an_end(source: Source, tmp_path: Path) -> None:
    store_odd_events(source)
    path = tmp_path / "log.jsonl"
    assert export_events(path).splitlines()[-1] == f"{len(ODD_BODIES)} events exported"
    header, *lines, end = read_lines(path)
    assert (header["format"], header["version"], header["sources"]) == ("crmmirror-log", 2, {"acme": "heffl"})
    assert end == {"end": len(ODD_BODIES)}
    assert [line["received_at"] for line in lines] == [
        (RECEIVED_AT + timedelta(seconds=number)).isoformat() for number in range(len(ODD_BODIES))
    ]
    assert lines[0]["headers"] == HEADERS
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("name", "arguments"), [("log.jsonl.gz", ()), ("log", ("--compress",))])
def test_an_archive_is_compressed_by_its_name_or_on_demand(
    source: Source, tmp_path: Path, name: str, arguments: tuple[str, ...]
) -> None:
    store(source, "a")
    export_events(tmp_path / name, *arguments)
    assert len(gzip.decompress((tmp_path / name).read_bytes()).splitlines()) == 3
    assert "duplicate 1: 1 events" in import_log(tmp_path / name)


def test_an_archive_can_be_limited_to_sources_and_times(source: Source, tmp_path: Path) -> None:
    other, third = new_source(slug="other")[0], new_source(slug="third")[0]
    for number in range(4):
        store(source, f"a{number}", received_at=RECEIVED_AT + timedelta(hours=number))
    store(other, "b", received_at=RECEIVED_AT + timedelta(hours=1))
    store(third, "c", received_at=RECEIVED_AT + timedelta(hours=1))
    path = tmp_path / "log"
    since, until = ((RECEIVED_AT + timedelta(hours=hours)).isoformat() for hours in (1, 3))
    export_events(path, "--source", "other", "--source", "acme", "--since", since, "--until", until)
    assert bodies(path) == ["a1", "a2", "b"]
    assert read_lines(path)[0]["sources"] == {"acme": "heffl", "other": "heffl"}


def test_a_time_without_an_offset_is_in_utc(source: Source, tmp_path: Path) -> None:
    store(source, "early", received_at=datetime(2026, 2, 28, 23, 59, tzinfo=UTC))
    store(source, "late", received_at=datetime(2026, 3, 1, tzinfo=UTC))
    export_events(tmp_path / "log", "--since", "2026-03-01")
    assert bodies(tmp_path / "log") == ["late"]


def test_the_next_archive_has_what_the_previous_one_lacks(source: Source, tmp_path: Path) -> None:
    """By their place in the log, and not by their time of receipt: an import stores old events."""
    first, second, third = (tmp_path / name for name in ("1.gz", "2", "3"))
    store(source, "a", "b")
    export_events(first)
    store(source, "c")
    store(source, "old", received_at=RECEIVED_AT - timedelta(days=300))
    export_events(second, "--after", str(first))
    export_events(third, "--after", str(second))
    assert bodies(second) == ["c", "old"]
    assert bodies(third) == []


def test_an_event_that_is_committed_late_is_in_one_of_the_two(source: Source, tmp_path: Path) -> None:
    """The event with the smaller id is committed during the first export, after one with a greater id."""
    first, second = tmp_path / "1", tmp_path / "2"
    late = open_session()
    exporting = threading.Thread(target=export_events, args=(first,))
    with use_session(late), transaction.atomic():
        store(source, "late")
        before = open_session()
        with use_session(before):
            store(source, "early")
        before.close()
        exporting.start()
        exporting.join(1)
        assert exporting.is_alive()
    exporting.join(30)
    late.close()
    assert bodies(first) == ["late", "early"]
    export_events(second, "--after", str(first))
    assert bodies(second) == []


def test_a_source_that_is_created_while_an_export_waits_is_in_its_first_line(
    source: Source, tmp_path: Path
) -> None:
    """An import refuses events of a source that the first line lacks."""
    late = open_session()
    exporting = threading.Thread(target=export_events, args=(tmp_path / "log",))
    with use_session(late), transaction.atomic():
        store(source, "late")
        exporting.start()
        exporting.join(1)
        meanwhile = open_session()
        with use_session(meanwhile):
            store(new_source(slug="other")[0], "new")
        meanwhile.close()
    exporting.join(30)
    late.close()
    assert read_lines(tmp_path / "log")[0]["sources"] == {"acme": "heffl", "other": "heffl"}
    assert "duplicate 2: 2 events" in import_log(tmp_path / "log")


def test_a_transaction_that_stays_open_does_not_hold_up_an_export_and_loses_nothing(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_mark, "MAX_WAIT_SECONDS", 0.1)
    first, second = tmp_path / "1", tmp_path / "2"
    late = open_session()
    with use_session(late), transaction.atomic():
        store(source, "late")
        before = open_session()
        with use_session(before):
            store(source, "early")
            export_events(first)
        before.close()
    late.close()
    export_events(second, "--after", str(first))
    assert bodies(first) == ["early"]
    assert bodies(second) == ["late", "early"]


def test_other_limits_than_those_of_the_previous_archive_are_refused(source: Source, tmp_path: Path) -> None:
    export_events(tmp_path / "1", "--source", "acme")
    with pytest.raises(CommandError, match=r"its limits are others \(sources \['acme'\]\): give the same"):
        export_events(tmp_path / "2", "--after", str(tmp_path / "1"))


def test_an_archive_of_another_log_is_refused(source: Source, tmp_path: Path) -> None:
    export_events(tmp_path / "1")
    text = (tmp_path / "1").read_text()
    (tmp_path / "1").write_text(text.replace(log_mark.read_log_id(), "f" * 32))
    with pytest.raises(
        CommandError, match="it is of another database, or of this one before it was restored"
    ):
        export_events(tmp_path / "2", "--after", str(tmp_path / "1"))
    assert not (tmp_path / "2").exists()


def test_an_archive_that_was_cut_is_refused_as_a_start(source: Source, tmp_path: Path) -> None:
    store(source, "a")
    export_events(tmp_path / "1")
    (tmp_path / "1").write_bytes(b"".join((tmp_path / "1").read_bytes().splitlines(True)[:-1]))
    with pytest.raises(CommandError, match="1 was cut: its last line is not an end"):
        export_events(tmp_path / "2", "--after", str(tmp_path / "1"))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--source", "nope"), "there is no source 'nope'; there are: acme"),
        (("--since", "yesterday"), "'yesterday' is not a time in ISO 8601, such as 2026-03-01"),
        (("--after", "/nonexistent"), "/nonexistent: No such file or directory"),
        (("--after", str(PROJECT)), "manifest.json: No such file"),
        (("--after", __file__), "is not the first line of an archive"),
    ],
)
def test_a_wrong_argument_is_told_and_leaves_no_file(
    source: Source, tmp_path: Path, arguments: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(CommandError, match=reason):
        export_events(tmp_path / "log", *arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_not_overwritten(source: Source, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("precious")
    with pytest.raises(CommandError, match="log is there already: remove it, or choose another name"):
        export_events(tmp_path / "log")
    assert (tmp_path / "log").read_text() == "precious"


def test_a_directory_that_is_not_there_is_told(source: Source, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="log: No such file or directory"):
        export_events(tmp_path / "none" / "log")


def test_an_archive_goes_through_a_pipe(source: Source, tmp_path: Path) -> None:
    """As `export_events - | ssh … import_events --log -` has it."""
    store_odd_events(source)
    environment = os.environ | {"DATABASE_URL": database_url()}
    manage = [sys.executable, "manage.py"]
    exported = subprocess.run(
        [*manage, "export_events", "--compress", "-"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        check=True,
    )
    Event.objects.all().delete()
    imported = subprocess.run(
        [*manage, "import_events", "--log", "-"],
        cwd=PROJECT,
        env=environment,
        input=exported.stdout,
        capture_output=True,
        check=True,
    )
    assert f"stored {len(ODD_BODIES)}, duplicate 0".encode() in imported.stdout


def test_a_reader_that_goes_is_told_in_one_line(source: Source) -> None:
    for number in range(300):
        store(source, f"{number}" * 1000)
    reader, writer = os.pipe()
    os.close(reader)
    exported = subprocess.run(
        [sys.executable, "manage.py", "export_events", "-"],
        cwd=PROJECT,
        env=os.environ | {"DATABASE_URL": database_url()},
        stdout=writer,
        stderr=subprocess.PIPE,
    )
    os.close(writer)
    assert exported.returncode == 1
    assert exported.stderr.splitlines()[-1] == b"CommandError: whoever read the standard output has gone"


def test_a_log_with_pruned_events_is_exported_only_if_one_asks_for_the_others(
    source: Source, tmp_path: Path
) -> None:
    store_odd_events(source)
    drain_backlog()
    pruned = Event.objects.filter(status=Event.Status.APPLIED).earliest("id")
    prune(*read_events([pruned.pk]))
    path = tmp_path / "log.jsonl"
    with pytest.raises(
        CommandError,
        match=r"^1 of these events are pruned: .* use backup and restore; .* add --without-pruned",
    ):
        export_events(path)
    assert not list(tmp_path.iterdir())
    assert export_events(path, "--without-pruned").splitlines()[-2:] == [
        f"{len(ODD_BODIES) - 1} events exported",
        "1 pruned events are left out: a backup has what is kept of them",
    ]
    assert read_lines(path)[0]["pruned"] == 1
    assert len(read_lines(path)) == len(ODD_BODIES) + 1
