"""`import_records`: a vendor's export becomes events, once, and says first what is read of it."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from entities.models import AuditAction, AuditEntry, Client, Contact, Deal, Lead
from events.ingest.store import store_event
from events.models import Event, Source
from events.sources.registry import create_source
from tests.support.vendor_requests import new_source

pytestmark = pytest.mark.django_db

AS_OF = "2026-03-01T10:00:00Z"
LEADS = "Lead ID,Full name,E-Mail,Stage,Created At,Shoe size\nld_1,Ida,ida@example.com,New,2026-02-01,38\n"


@pytest.fixture
def source() -> Source:
    return new_source()[0]


def write(directory: Path, content: str | bytes, name: str = "export.csv") -> Path:
    path = directory / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def run(source: Source, entity: str, file: Path, *options: str, **named: Any) -> str:
    out = io.StringIO()
    call_command("import_records", source.slug, entity, str(file), *options, stdout=out, **named)
    return out.getvalue()


def run_and_apply(source: Source, entity: str, file: Path, *options: str) -> str:
    output = run(source, entity, file, "--as-of", AS_OF, *options)
    call_command("apply_events", stdout=io.StringIO())
    return output


def test_the_rows_of_a_csv_file_become_records(source: Source, tmp_path: Path) -> None:
    output = run_and_apply(source, "lead", write(tmp_path, LEADS), "--map", "Full name=name")
    assert "stored 1, there before 0: 1 rows, 0 bad" in output
    lead = Lead.objects.get()
    assert (lead.external_id, lead.name, lead.email, lead.stage_name) == (
        "ld_1",
        "Ida",
        "ida@example.com",
        "New",
    )
    assert lead.extra == {"Shoe size": "38"}
    event = Event.objects.get()
    assert (event.event_type, event.origin, event.status) == ("imported.lead", "file", "applied")
    assert event.headers == {"file": "export.csv", "row": "2"}
    assert event.occurred_at == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_a_preview_says_what_is_read_and_what_is_left_and_stores_nothing(
    source: Source, tmp_path: Path
) -> None:
    text = LEADS + "ld_2,Ola,,New,31.12.2026,\n,Nobody,,,,\n"
    output = run(source, "lead", write(tmp_path, text), "--as-of", AS_OF, "--preview", "--map", "E-Mail=")
    lines = [" ".join(line.split()) for line in output.splitlines()]
    assert lines[0] == "export.csv: CSV in utf-8, with commas"
    assert "Lead ID id ld_1" in lines
    assert "Full name kept as a further field Ida" in lines
    assert "E-Mail left out ida@example.com" in lines
    assert "all rows: as of 2026-03-01T10:00:00+00:00" in lines
    assert "of the first 3 rows: 2 are read, 1 are bad" in lines
    assert "row 4: no id (looked for id, leadId)" in lines
    assert any(line.startswith(("row 3: created_at", "row 3: createdAt")) for line in lines), lines
    assert "0 of these 2 records are in the mirror already" in lines
    assert lines[-1] == "Nothing is stored: this is a preview."
    assert not Event.objects.exists()


def test_a_preview_counts_the_records_that_the_mirror_has(source: Source, tmp_path: Path) -> None:
    run_and_apply(source, "leads", write(tmp_path, LEADS))
    output = run(source, "lead", write(tmp_path, LEADS), "--as-of", AS_OF, "--preview")
    assert "1 of these 1 records are in the mirror already" in output


def test_the_same_file_adds_nothing_whatever_its_name(source: Source, tmp_path: Path) -> None:
    run(source, "lead", write(tmp_path, LEADS), "--as-of", AS_OF)
    output = run(source, "lead", write(tmp_path, LEADS, "again.csv"), "--as-of", AS_OF)
    assert "stored 0, there before 1: 1 rows" in output
    assert Event.objects.count() == 1


def test_bad_rows_are_malformed_events_with_their_numbers_and_the_others_are_stored(
    source: Source, tmp_path: Path
) -> None:
    text = 'id,name\nld_1,Ida\n,Nobody\nld_3,"Ann"a\nld_4,A,B\nld_5,Eva\n'
    output = run_and_apply(source, "lead", write(tmp_path, text))
    assert "stored 5, there before 0: 5 rows, 3 bad" in output
    problems = Event.objects.filter(status="malformed").order_by("id").values_list("error", flat=True)
    assert sorted(problems) == [
        "row 3: no id (looked for id, leadId)",
        "row 4: not CSV at line 4: ',' expected after '\"'",
        "row 5: 3 cells under 2 headings",
    ]
    assert set(Lead.objects.values_list("external_id", flat=True)) == {"ld_1", "ld_5"}
    assert "stored 0, there before 5" in run_and_apply(source, "lead", write(tmp_path, text))


def test_a_row_says_when_it_changed(source: Source, tmp_path: Path) -> None:
    text = "id,name,Last edit\nld_1,Ida,2026-02-03T04:05:06Z\nld_2,Ola,\nld_3,Eva,soon\n"
    output = run_and_apply(source, "lead", write(tmp_path, text), "--changed", "last EDIT")
    assert "row 4: the time of last change in 'Last edit' is not a time" in output
    times = dict(Event.objects.filter(status="applied").values_list("headers__row", "occurred_at"))
    assert times == {
        "2": datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
        "3": datetime(2026, 3, 1, 10, tzinfo=UTC),
    }


def test_times_without_an_offset_are_of_the_zone_that_is_said(source: Source, tmp_path: Path) -> None:
    text = "id,created at,Last edit,note\nld_1,2026-02-01 08:00,2026-02-03T04:00,2026-02-03T04:00\n"
    file = write(tmp_path, text + "ld_2,2026-02-01T08:00Z,,x\n")
    options = ("--changed", "Last edit", "--time-zone", "Asia/Dubai")
    run(source, "lead", file, *options, "--as-of", "2026-03-01 04:00")
    call_command("apply_events", stdout=io.StringIO())
    times = dict(Event.objects.values_list("headers__row", "occurred_at"))
    assert times == {"2": datetime(2026, 2, 3, tzinfo=UTC), "3": datetime(2026, 3, 1, tzinfo=UTC)}
    created = dict(Lead.objects.values_list("external_id", "created_at"))
    assert created == {
        "ld_1": datetime(2026, 2, 1, 4, tzinfo=UTC),
        "ld_2": datetime(2026, 2, 1, 8, tzinfo=UTC),
    }
    assert Lead.objects.get(external_id="ld_1").extra["note"] == "2026-02-03T04:00"
    with pytest.raises(CommandError, match="'Dubai' is no time zone"):
        run(source, "lead", file, "--time-zone", "Dubai")


def test_the_vendors_own_word_for_the_time_of_last_change_is_found(source: Source, tmp_path: Path) -> None:
    file = write(tmp_path, "id,title,Updated at\ndl_1,Pots,2026-02-03T04:05:06Z\n")
    assert "time of last change: 'Updated at'" in run(source, "deal", file)
    assert Event.objects.get().occurred_at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_what_a_webhook_said_later_or_at_the_same_time_stays(source: Source, tmp_path: Path) -> None:
    payload = {"id": "ld_1", "name": "From the webhook"}
    body = json.dumps({"event": "lead.updated", "timestamp": AS_OF, "payload": payload}).encode()
    store_event(source, body, {}, datetime.now(UTC))
    run_and_apply(source, "lead", write(tmp_path, "id,name,email\nld_1,From the file,a@example.com\n"))
    assert Lead.objects.values_list("name", "email").get() == ("From the webhook", "a@example.com")


def test_references_are_found_by_their_ids_and_not_by_names(source: Source, tmp_path: Path) -> None:
    file = write(tmp_path, "id,title,Client,Client ID\ndl_1,Pots,Acme Inc.,cl_7\n")
    run_and_apply(source, "deal", file)
    deal = Deal.objects.get()
    assert deal.client is not None
    assert (deal.client.external_id, deal.extra) == ("cl_7", {"Client": "Acme Inc."})
    assert Client.objects.count() == 1


def test_a_heading_that_may_hold_ids_or_names_is_asked_about(source: Source, tmp_path: Path) -> None:
    file = write(tmp_path, "id,title,client\ndl_1,Pots,cl_7\n")
    with pytest.raises(CommandError, match="'client' may hold ids or names: say --map 'client=client'"):
        run(source, "deal", file, "--as-of", AS_OF)
    run_and_apply(source, "deal", file, "--map", "client=client")
    assert Client.objects.get().external_id == "cl_7"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("id;name\nld_1;Zoë\n".encode("utf-8-sig"), ""),
        ("id\tname\nld_1\tZoë\n".encode("utf-16"), ""),
        ("sep=|\nid|name\nld_1|Zoë\n".encode(), ""),
        ("id,name\r\nld_1,Zoë\r\n".encode("cp1252"), "cp1252"),
    ],
)
def test_encodings_and_delimiters(source: Source, tmp_path: Path, content: bytes, encoding: str) -> None:
    run_and_apply(source, "lead", write(tmp_path, content), *(("--encoding", encoding) if encoding else ()))
    assert Lead.objects.get().name == "Zoë"


def test_a_file_of_excel_and_of_json_say_the_same_as_csv(source: Source, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet.append(["ID", "Name", "Value", "Created at"])
    sheet.append(["ld_1", "Ida", 19.9, datetime(2026, 2, 1, 8)])  # noqa: DTZ001
    workbook.save(tmp_path / "a.xlsx")
    run_and_apply(source, "lead", tmp_path / "a.xlsx")
    excel = Lead.objects.values("external_id", "name", "value", "created_at").get()
    assert excel["created_at"] == datetime(2026, 2, 1, 8, tzinfo=UTC)
    assert str(excel["value"]) == "19.9000"
    record = {"id": "ld_1", "name": "Ida", "value": 19.9, "createdAt": "2026-02-01T08:00:00"}
    for name, text in (
        ("list.json", json.dumps([record])),
        ("object.json", json.dumps({"data": [record], "meta": {}}, indent=1)),
        ("minified.json", json.dumps({"meta": {}, "data": [record]}) + "\n"),
        ("lines.jsonl", "\ufeff" + json.dumps(record) + "\n"),
    ):
        run_and_apply(source, "lead", write(tmp_path, text, name))
        assert Lead.objects.values("external_id", "name", "value", "created_at").get() == excel


def test_json_keeps_what_is_inside_its_records(source: Source, tmp_path: Path) -> None:
    record = {"id": "dl_1", "client": {"id": "cl_7", "name": "Acme"}, "customFields": {"a": [1]}}
    run_and_apply(source, "deal", write(tmp_path, json.dumps(record) + "\n17\n{", "deals.jsonl"))
    deal = Deal.objects.get()
    assert deal.client is not None
    assert (deal.client.name, deal.custom_fields) == ("Acme", {"a": [1]})
    problems = Event.objects.filter(status="malformed").values_list("error", flat=True)
    assert sorted(problem.partition(":")[0] for problem in problems) == ["row 2", "row 3"]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (
            "id,name\nld_1,Zo\xeb\n".encode("cp1252"),
            (),
            "export.csv:2: byte 0xeb is not UTF-8.*--encoding cp1252",
        ),
        (
            "id,name\nld_1,Zoë\n".encode(),
            ("--encoding", "cp1252"),
            "is UTF-8, and not cp1252: leave --encoding out",
        ),
        (b"id,name\nld_1,Zo\xeb\n", ("--encoding", "klingon"), "there is no encoding 'klingon'"),
        (b"", (), "export.csv is empty"),
        (b"\n", (), "export.csv is empty"),
        (b"name,email\nIda,\n", (), r"no heading is that of the records' id \(id, leadId\).*are name, email"),
        (b"id,id\n1,2\n", (), "the heading 'id' stands twice"),
        (b"id,,name\n1,2,3\n", (), "column 2 has no heading"),
        (b"id,E-Mail,email\n1,2,3\n", (), "'E-Mail' and 'email' mean the same"),
        (b"id,name\n1,2\n", ("--map", "name"), "write Heading=column"),
        (b"id,name\n1,2\n", ("--map", "name=colour"), "there is no column 'colour'; there are id, name"),
        (
            b"id,name\n1,2\n",
            ("--map", "colour=name"),
            "--map names a heading that the file lacks; it has id, name",
        ),
        (
            b"id,name\n1,2\n",
            ("--changed", "Last edit"),
            "there is no heading 'Last edit'; there are id, name",
        ),
        (b"\xd0\xcf\x11\xe0", (), "is of an old Excel"),
        (b"PK\x03\x04junk", (), "is not an Excel workbook"),
        (b'{"a": 1\n', (), "not JSON"),
        (b'{\n"a": 1}\n', (), "no list of records in this JSON"),
    ],
)
def test_a_file_that_does_not_fit_is_one_line_and_stores_nothing(
    source: Source, tmp_path: Path, content: bytes, options: tuple[str, ...], message: str
) -> None:
    with pytest.raises(CommandError, match=message) as raised:
        run(source, "lead", write(tmp_path, content), "--as-of", AS_OF, *options)
    assert "\n" not in str(raised.value)
    assert not Event.objects.exists()


def test_the_time_for_which_rows_are_certain_has_to_be_known(source: Source, tmp_path: Path) -> None:
    file = write(tmp_path, LEADS)
    with pytest.raises(CommandError, match="nothing says from when the records are"):
        run(source, "lead", file)
    with pytest.raises(CommandError, match="'yesterday' is no time: write it like 2026"):
        run(source, "lead", file, "--as-of", "yesterday")
    with pytest.raises(CommandError, match="is in the future"):
        run(source, "lead", file, "--as-of", "2999-01-01")


def test_an_unknown_source_kind_or_file_is_named(source: Source, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="has no 'dragon'; there are client, contact, deal"):
        run(source, "dragon", write(tmp_path, LEADS))
    with pytest.raises(CommandError, match="No such file"):
        run(source, "lead", tmp_path / "gone.csv")


def test_records_of_a_vendor_with_sub_accounts_need_the_id_of_theirs(tmp_path: Path) -> None:
    source = create_source("seeds", "seedly", "standard-webhooks")[0]
    file = write(tmp_path, "id,email\nc1,ida@example.com\n")
    with pytest.raises(CommandError, match="--sub-account"):
        run(source, "contact", file, "--as-of", AS_OF)
    run_and_apply(source, "contact", file, "--sub-account", "acc_7")
    assert Contact.objects.get().scope == "acc_7"
    assert Event.objects.get().scope == "acc_7"


def test_a_person_at_a_terminal_is_asked_before_anything_is_stored(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, LEADS)
    answers = iter(["n", "y"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: next(answers))
    assert run(source, "lead", file, "--as-of", AS_OF).endswith("Nothing is stored.\n")
    assert not Event.objects.exists()
    assert "stored 1" in run(source, "lead", file, "--as-of", AS_OF)


@pytest.mark.django_db(transaction=True)
def test_verify_finds_nothing_different_after_an_import(source: Source, tmp_path: Path) -> None:
    run_and_apply(source, "lead", write(tmp_path, LEADS))
    out = io.StringIO()
    call_command("verify_mirror", stdout=out)
    assert "0 rows differ" in out.getvalue()


def test_an_import_is_in_the_audit_log_and_a_preview_is_not(source: Source, tmp_path: Path) -> None:
    file = write(tmp_path, LEADS)
    run(source, "lead", file, "--as-of", AS_OF, "--preview")
    entries = AuditEntry.objects.filter(action=AuditAction.LOG_IMPORTED)
    assert not entries.exists()
    run(source, "lead", file, "--as-of", AS_OF)
    assert "export.csv" in str(entries.values().get())
