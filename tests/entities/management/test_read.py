"""`manage.py read` shows what is read in a body, and what was looked for in one that is not."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

import manage
from entities.vendors import all_vendors
from tests.support.checked_vendor import SOUND, build_sample
from tests.support.third_vendor import NAME, temporary_vendor

pytestmark = pytest.mark.unit


def read(directory: Path, body: bytes, text: str = SOUND) -> str:
    """Return what `read` prints for a body, also if it fails."""
    (directory / "body.json").write_bytes(body)
    output = io.StringIO()
    with temporary_vendor(directory, text):
        try:
            call_command("read", NAME, str(directory / "body.json"), stdout=output)
        except CommandError as error:
            output.write(f"CommandError: {error}\n")
    return output.getvalue()


def test_a_body_that_is_read_is_shown_with_its_records(tmp_path: Path) -> None:
    shown = read(tmp_path, build_sample("deal.created"))
    assert "  type 'deal.created', time 2026-03-01T10:00:00+00:00\n  deal 5: created" in shown
    assert "CommandError" not in shown


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (
            {"kind": "deal.created", "row": {}},
            [
                "the body has the keys 'kind', 'row'",
                "type 'meta.kind' finds nothing",
                "payload 'row' finds {}",
            ],
        ),
        (
            {"meta": {"kind": "deal.created"}, "row": [1]},
            ["type 'meta.kind' finds \"deal.created\"", "time 'meta.at' finds nothing", "'row' finds [1]"],
        ),
        ([{"a": 1}], ['the body has no keys: it is [{"a": 1}]']),
    ],
)
def test_of_a_malformed_body_the_keys_and_what_each_path_finds_are_listed(
    tmp_path: Path, content: Any, lines: list[str]
) -> None:
    shown = read(tmp_path, json.dumps(content).encode())
    assert "malformed: not an envelope" in shown
    assert [line for line in lines if line not in shown] == []
    assert "CommandError: 1 of 1 bodies became no record" in shown


def test_a_payload_that_is_a_list_of_objects_is_shown_with_how_to_read_each(tmp_path: Path) -> None:
    shown = read(tmp_path, b'{"meta": {"kind": "deal.created"}, "row": [{"id": 5}]}')
    assert "if each item of it is an event, write batch='row', payload='.'\n" in shown


def test_of_a_body_without_an_id_is_shown_what_each_path_of_the_envelope_finds(tmp_path: Path) -> None:
    text = SOUND.replace('"row"', '".", batch="rows"')
    shown = read(tmp_path, build_sample("deal.created"), text)
    assert "failed: the payload carries no id (looked for id)\n" in shown
    assert "events in the list at 'rows': no list\n" in shown
    assert "the body has the keys 'meta', 'row'\n" in shown


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("title client", "tilte client", "E006: entity 'deal', columns: there is no column 'tilte' to fill."),
        ('"meta.kind"', '(("meta.kind",),)', "E011: type is ('meta.kind',). Write the paths as one text"),
        ('name="marigold"', 'name="rose"', "E001: calls its vendor 'rose'. Write name='marigold'"),
    ],
)
def test_tables_that_cannot_be_used_are_named_as_the_checks_do(
    tmp_path: Path, before: str, after: str, shown: str
) -> None:
    output = read(tmp_path, build_sample("deal.created"), SOUND.replace(before, after))
    assert f"CommandError: the module cannot be used:\n  entities.{shown}" in output


def test_of_a_list_the_first_event_is_listed(tmp_path: Path) -> None:
    shown = read(tmp_path, b'{"items": [{"a": 1}, {}]}', SOUND.replace('"row"', '"row", batch="items"'))
    assert "events in the list at 'items': 2\n" in shown
    assert "the body has the keys 'items'\n" in shown
    assert "the first event has the keys 'a'" in shown


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00\x81", b"{"])
def test_what_is_no_json_is_said_to_be_so(tmp_path: Path, body: bytes) -> None:
    shown = read(tmp_path, body)
    assert "malformed: not JSON" in shown
    assert "finds" not in shown


def test_a_minus_sign_stands_for_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(build_sample("deal.created"))))
    output = io.StringIO()
    with temporary_vendor(tmp_path, SOUND):
        call_command("read", NAME, "-", stdout=output)
    assert "deal 5: created" in output.getvalue()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nobody", "x.json"), "unknown vendor 'nobody'; known: "),
        ((NAME, "no-such-file.json"), "no-such-file.json cannot be read: No such file"),
        ((NAME, "/"), "/ cannot be read: Is a directory"),
    ],
)
def test_a_wrong_argument_is_named(tmp_path: Path, arguments: tuple[str, str], reason: str) -> None:
    with temporary_vendor(tmp_path, SOUND), pytest.raises(CommandError) as error:
        call_command("read", *arguments, stdout=io.StringIO())
    assert reason in str(error.value)


def test_a_module_that_cannot_be_imported_is_named_with_its_error(tmp_path: Path) -> None:
    shown = read(tmp_path, b"{}", "raise OSError('away')")
    problem = "this process cannot import the module of the vendor 'marigold' (OSError): away, in line 1"
    assert f"CommandError: {problem}\n" in shown


def test_any_command_names_a_module_that_cannot_be_imported_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Django imports the admin, which needs the modules of all vendors, before it runs a command."""
    monkeypatch.setattr(manage, "execute_from_command_line", lambda arguments: all_vendors())
    text = "from entities.vendor_language import Vendor\nVENDOR = Vendor(\n    scheme='none')"
    with temporary_vendor(tmp_path, text), pytest.raises(SystemExit) as end:
        manage.main()
    assert str(end.value).startswith("error: this process cannot import the module of the vendor 'marigold'")
    assert str(end.value).endswith("got an unexpected keyword argument 'scheme', in line 2")
