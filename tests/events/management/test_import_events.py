"""`import_events`: stores each line of an archive as an event, once, and names unreadable files."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from crmmirror.lib.debouncer import Debouncer
from events.models import Event, Source
from events.processing import wakeups
from tests.support.vendor_requests import BODY, deliver, new_source

pytestmark = pytest.mark.django_db

LINES = [
    json.dumps({"event": "lead.created", "timestamp": "2025-01-15T10:30:00Z", "payload": {"id": f"ld_{n}"}})
    for n in range(3)
]


@pytest.fixture
def source() -> Source:
    return new_source()[0]


def import_events(slug: str, *files: Path) -> str:
    out = io.StringIO()
    call_command("import_events", slug, *map(str, files), stdout=out)
    return out.getvalue()


def stored_bodies() -> list[bytes]:
    return [bytes(body) for body in Event.objects.order_by("id").values_list("body", flat=True)]


def test_each_line_is_the_exact_body_of_an_event(source: Source, tmp_path: Path) -> None:
    odd = '  {"event":"x",  "payload":{"é": 1e3}} \t'
    archive = tmp_path / "a.jsonl"
    archive.write_bytes("\r\n".join([*LINES, "", odd]).encode())
    assert import_events(source.slug, archive).startswith("accepted 4, duplicate 0, malformed 0: 4 events")
    assert stored_bodies() == [line.encode() for line in [*LINES, odd]]
    assert set(Event.objects.values_list("status", flat=True)) == {"pending"}


def test_importing_again_stores_nothing_twice(source: Source, tmp_path: Path) -> None:
    archive = tmp_path / "a.jsonl"
    archive.write_text("\n".join(LINES))
    import_events(source.slug, archive)
    archive.write_text(LINES[1] + "\n")
    assert import_events(source.slug, archive).startswith("accepted 0, duplicate 1,")
    assert Event.objects.count() == 3


def test_an_event_that_was_delivered_is_a_duplicate(tmp_path: Path) -> None:
    source, secret = new_source()
    deliver(source, secret)
    archive = tmp_path / "a.jsonl"
    archive.write_bytes(BODY + b"\n")
    assert import_events(source.slug, archive).startswith("accepted 0, duplicate 1,")


def test_a_line_that_is_not_an_envelope_is_stored_as_malformed(source: Source, tmp_path: Path) -> None:
    archive = tmp_path / "a.jsonl"
    archive.write_text(f"{LINES[0]}\n[1]\n")
    assert import_events(source.slug, archive).startswith("accepted 1, duplicate 0, malformed 1:")


def test_a_document_over_several_lines_is_one_event(source: Source, tmp_path: Path) -> None:
    document = tmp_path / "a.json"
    document.write_text(json.dumps(json.loads(LINES[0]), indent=2) + "\n")
    import_events(source.slug, document)
    assert stored_bodies() == [document.read_bytes()]


def test_a_line_that_is_not_json_is_named_and_what_came_before_it_stays(
    source: Source, tmp_path: Path
) -> None:
    archive = tmp_path / "a.jsonl"
    archive.write_text(f"{LINES[0]}\n\nnot json\n{LINES[1]}\n")
    with pytest.raises(CommandError, match=r"a\.jsonl:3: not JSON: .*import again") as raised:
        import_events(source.slug, archive)
    assert "\n" not in str(raised.value)
    assert stored_bodies() == [LINES[0].encode()]


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_a_byte_order_mark_is_not_part_of_the_first_body(
    source: Source, tmp_path: Path, line_break: str
) -> None:
    archive = tmp_path / "a.jsonl"
    archive.write_text(line_break.join(LINES), newline="")
    import_events(source.slug, archive)
    archive.write_text(line_break.join(LINES), encoding="utf-8-sig", newline="")
    assert import_events(source.slug, archive).startswith("accepted 0, duplicate 3,")
    assert stored_bodies() == [line.encode() for line in LINES]


def test_a_byte_order_mark_before_a_document_over_several_lines_is_not_part_of_it(
    source: Source, tmp_path: Path
) -> None:
    document = tmp_path / "a.json"
    text = json.dumps(json.loads(LINES[0]), indent=2)
    document.write_text(text, encoding="utf-8-sig")
    import_events(source.slug, document)
    assert stored_bodies() == [text.encode()]


def test_a_byte_order_mark_and_nothing_else_is_no_event(source: Source, tmp_path: Path) -> None:
    archive = tmp_path / "a.jsonl"
    archive.write_text("", encoding="utf-8-sig")
    assert "0 events" in import_events(source.slug, archive)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_another_encoding_than_utf_8_is_refused_with_its_line(
    source: Source, tmp_path: Path, encoding: str, count: int
) -> None:
    archive = tmp_path / "a.jsonl"
    archive.write_text("\n".join(LINES[:count]), encoding=encoding)
    with pytest.raises(CommandError, match=r"a\.jsonl:1: UTF-(16|32)\S* instead of UTF-8: save the file as"):
        import_events(source.slug, archive)
    assert not Event.objects.exists()


def test_a_missing_file_is_named_before_anything_is_stored(source: Source, tmp_path: Path) -> None:
    archive = tmp_path / "a.jsonl"
    archive.write_text(LINES[0])
    with pytest.raises(CommandError, match=r"absent\.jsonl: No such file"):
        import_events(source.slug, archive, tmp_path / "absent.jsonl")
    assert not Event.objects.exists()


def test_an_unknown_source_is_named_with_the_known_sources(source: Source, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no source 'nope'; there are: acme"):
        import_events("nope", tmp_path)


def test_a_dead_broker_does_not_fail_an_import(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused() -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(wakeups, "wake_now", Debouncer(refused, 0, "broker").run_now)
    archive = tmp_path / "a.jsonl"
    archive.write_text(LINES[0])
    assert "accepted 1" in import_events(source.slug, archive)
    assert "The broker is away" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_the_connection_commits_in_full_again_after_an_import(source: Source, tmp_path: Path) -> None:
    from django.db import connection

    archive = tmp_path / "a.jsonl"
    archive.write_text(LINES[0])
    import_events(source.slug, archive)
    with connection.cursor() as cursor:
        cursor.execute("SELECT source FROM pg_settings WHERE name = 'synchronous_commit'")
        assert cursor.fetchone() != ("session",)
