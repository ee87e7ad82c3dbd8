"""`backfill` and `set_api_key`: what they print, and what they say about wrong arguments."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from entities.models import Lead
from events.models import Event, Load, Source
from events.processing.drain import drain_backlog
from events.sources.api_keys import read_api_key
from events.sources.registry import create_source
from tests.support.vendor_api.faults import Fault
from tests.support.vendor_api.server import VendorServer

pytestmark = pytest.mark.django_db


def run(command: str, *arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def test_a_load_is_run_to_its_end_and_shown(vendor: VendorServer, source: Source) -> None:
    vendor.records.fill("leads", 1200)
    output = run("backfill", "crm", "--resource", "leads")
    assert output.splitlines() == [
        "done",
        "list   state  pages    new  changed  unchanged  failed  skipped",
        "leads  done      12  1,200        0          0       0        0",
    ]
    drain_backlog()
    assert Lead.objects.count() == 1200
    assert run("backfill", "crm", "--status") == output


def test_a_dry_run_says_what_would_be_read_and_stores_nothing(vendor: VendorServer, source: Source) -> None:
    vendor.records.fill("leads", 120)
    vendor.switches.forbidden = frozenset({"deals"})
    out = io.StringIO()
    with pytest.raises(CommandError, match="Not every list can be read"):
        call_command("backfill", "crm", dry_run=True, stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "leads: 100 rows, and more pages"
    assert any(line.startswith("deals: The key may not read this list (403)") for line in lines)
    assert not Event.objects.exists()
    assert not Load.objects.exists()


def test_a_load_that_stops_exits_with_an_error_and_the_reason(vendor: VendorServer, source: Source) -> None:
    vendor.records.fill("deals", 3)
    vendor.api.faults.plan(Fault.HTML)
    out = io.StringIO()
    with pytest.raises(CommandError, match="stopped before its end"):
        call_command("backfill", "crm", resource=["deals"], trust_ids=True, stdout=out)
    assert "stopped: 1 of 1 lists are not complete: deals." in out.getvalue()
    assert "deals: The answer is not JSON" in out.getvalue()
    # The list is begun again.
    assert run("backfill", "crm", "--resume").startswith("done")


def test_since_leaves_out_what_has_not_changed(vendor: VendorServer, source: Source) -> None:
    vendor.records.fill("deals", 5)
    vendor.records.add("deals")
    output = run("backfill", "crm", "--resource", "deals", "--since", "2025-06-01", "--trust-ids")
    assert output.splitlines()[-1].split() == ["deals", "done", "1", "1", "0", "0", "0", "5"]


def test_a_paused_load_goes_on_only_when_somebody_resumes_it(vendor: VendorServer, source: Source) -> None:
    vendor.records.fill("leads", 3)
    run("backfill", "crm", "--resource", "leads", "--detach")
    run("backfill", "crm", "--pause")
    assert run("backfill", "crm", "--status").startswith("paused: Paused by manage.py backfill.")
    assert call_task() == 0
    assert run("backfill", "crm", "--resume", "--detach").endswith("See it with --status.\n")
    assert call_task() == 1
    assert Load.objects.get().state == Load.State.RUNNING or call_task() == 0


def call_task() -> int:
    """Run the task of the workers; return how many pages it ran."""
    from events.tasks import load

    return int(load())


# Arguments -> the error.
WRONG: list[tuple[list[str], str]] = [
    (["nobody"], "there is no source 'nobody'"),
    (["crm", "--resource", "invoices"], "there is no list 'invoices'; there are: leads, "),
    (["crm", "--since", "soon"], "--since 'soon' is no time"),
    (["crm", "--status"], "crm was never loaded"),
    (["crm", "--resume"], "crm was never loaded"),
    (["keyless"], "keyless has no API key: set it with manage.py set_api_key keyless"),
    (["seedling"], "has no API that lists records"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_wrong_arguments_are_one_line(source: Source, arguments: list[str], message: str) -> None:
    create_source("keyless", "heffl")
    create_source("seedling", "seedly")
    with pytest.raises(CommandError) as caught:
        run("backfill", *arguments)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_source_has_one_open_load(source: Source) -> None:
    run("backfill", "crm", "--detach")
    with pytest.raises(CommandError, match="is being loaded already"):
        run("backfill", "crm", "--detach")


def test_a_key_comes_from_a_file_a_variable_or_the_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, _ = create_source("crm", "heffl")
    (tmp_path / "key").write_text("from-a-file\n")
    monkeypatch.setenv("CRM_KEY", "from-a-variable")
    monkeypatch.setattr("sys.stdin", io.StringIO("from-the-input\n"))
    for options, key in (
        ({"file": tmp_path / "key"}, "from-a-file"),
        ({"variable": "CRM_KEY"}, "from-a-variable"),
        ({}, "from-the-input"),
    ):
        assert key not in run("set_api_key", "crm", **options)
        source = Source.objects.get()
        assert read_api_key(source.api_access) == key
    assert run("set_api_key", "crm", "--remove") == "crm has no API key any more.\n"
    assert run("set_api_key", "crm", "--remove") == "crm has no API key anyway.\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"file": Path("/nonexistent/key")}, "--file /nonexistent/key: No such file or directory"),
        ({"variable": "NO_SUCH"}, "there is no variable 'NO_SUCH' in the environment"),
    ],
)
def test_a_key_that_cannot_be_read_is_one_line(options: dict[str, Any], message: str) -> None:
    create_source("crm", "heffl")
    with pytest.raises(CommandError, match=message):
        run("set_api_key", "crm", **options)
