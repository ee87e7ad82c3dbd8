"""`reconcile`: what it prints, its question, and what it says about wrong arguments."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from entities.models import Deal
from events.models import Event, Finding, Source
from events.processing.drain import drain_backlog
from events.sources.registry import create_source
from tests.support.loads import run_to_end, start_load
from tests.support.reconciliations import AHEAD_SECONDS
from tests.support.vendor_api.server import VendorServer

pytestmark = pytest.mark.django_db


def run(*arguments: str, **options: Any) -> list[str]:
    out = io.StringIO()
    call_command("reconcile", "crm", *arguments, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue().splitlines()


def load_and_miss(vendor: VendorServer, source: Source) -> list[str]:
    """Load 30 deals, and change one and delete another while nothing is heard; return the ids of these."""
    ids = vendor.records.fill("deals", 30)
    run_to_end(start_load(source, "deals"))
    vendor.records.change("deals", ids[0], title="missed")
    vendor.records.delete("deals", ids[1])
    vendor.switches.clock_offset = AHEAD_SECONDS
    return ids[:2]


def compare(*arguments: str) -> list[str]:
    return run("--resource", "deals", "--retry-hours", "0", "--trust-ids", *arguments)


def test_it_prints_counts_by_list_and_day_the_records_and_the_question(
    vendor: VendorServer, source: Source
) -> None:
    changed, deleted = load_and_miss(vendor, source)
    lines = compare()
    event = Event.objects.latest("pk").pk
    day = Finding.objects.get(kind=Finding.Kind.BEHIND).day
    assert lines == [
        "done",
        "deals: 1 of 29 behind, 0 unknown, 0 gone, 1 missing",
        f"  {day:%Y-%m-%d}: 1 behind",
        f"  {changed}: behind (title), mended, event {event}",
        f"  {deleted}: gone, asked",
        "deals: 1 of 30 records are missing in the vendor's list, which are more than 20 or 1 %.",
        "Nothing of that was deleted: a key that may read less than before looks the same. If they are"
        " deleted at the vendor: manage.py reconcile crm --yes 1",
    ]
    assert run("--status") == lines
    with pytest.raises(CommandError, match="the question is about 1 records, not 2"):
        run("--yes", "2")
    answered = run("--yes", "1")
    assert answered[1] == "deals: 1 of 29 behind, 0 unknown, 1 gone"
    drain_backlog()
    assert Deal.objects.get(is_deleted=True).external_id == deleted
    with pytest.raises(CommandError, match="no question is open"):
        run("--yes", "1")


def test_a_dry_run_says_that_nothing_is_stored(vendor: VendorServer, source: Source) -> None:
    load_and_miss(vendor, source)
    lines = compare("--dry-run")
    assert lines[1] == "deals: 1 of 29 behind, 0 unknown, 0 gone, 1 missing"
    assert lines[-1] == "Nothing is stored: this was a dry run."
    assert Event.objects.count() == 30


def test_a_list_that_cannot_be_read_ends_the_command_with_its_reason(
    vendor: VendorServer, source: Source
) -> None:
    vendor.switches.forbidden = frozenset({"deals"})
    out = io.StringIO()
    with pytest.raises(CommandError, match="stopped before its end"):
        call_command("reconcile", "crm", resource=["deals"], trust_ids=True, stdout=out)
    assert "The key may not read this list (403)" in out.getvalue()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["crm", "--resource", "boats"], "there is no list 'boats'"),
        (["crm", "--resource", "tasks"], "no webhook tells of tasks"),
        (["crm", "--retry-hours", "-1"], "no number of hours from 0"),
        (["crm", "--status"], "was never compared"),
        (["crm", "--yes", "1"], "was never compared"),
        (["nothing"], "there is no source 'nothing'"),
        (["keyless"], "keyless has no API key"),
        (["apiless"], "has no API that lists records"),
    ],
)
def test_wrong_arguments_are_one_line(source: Source, arguments: list[str], message: str) -> None:
    create_source("keyless", "heffl")
    create_source("apiless", "seedly")
    with pytest.raises(CommandError, match=message) as raised:
        call_command("reconcile", *arguments)
    assert "\n" not in str(raised.value)
