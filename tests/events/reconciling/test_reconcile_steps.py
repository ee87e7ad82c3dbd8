"""Reconciliations, step by step, against the vendor's server of the tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from entities.models import Deal, Lead
from entities.stored_events import Origin
from events import tasks
from events.ingest.store import store_event
from events.loading import steps
from events.loading.load_states import LoadRefused
from events.loading.run import run_page
from events.models import Event, Finding, Load, Source
from events.processing.drain import drain_backlog
from events.reconciling.reconcile_report import report_findings
from events.reconciling.reconcile_states import (
    allow_deletions,
    newest_reconciliation,
    start_due_reconciliations,
    start_reconciliation,
)
from events.reconciling.reconcile_steps import run_reconcile_step
from events.sources.api_keys import set_api_key
from tests.support.loads import (
    ACTOR,
    run_to_end,
    start_load,
)
from tests.support.reconciliations import AHEAD_SECONDS, findings_of, reconcile, run_steps
from tests.support.vendor_api.faults import Cursors, Fault
from tests.support.vendor_api.records import Change
from tests.support.vendor_api.server import VendorServer
from tests.support.vendor_api.webhook_sender import WebhookBodies

pytestmark = pytest.mark.django_db

BEHIND, UNKNOWN, GONE = Finding.Kind.BEHIND, Finding.Kind.UNKNOWN, Finding.Kind.GONE
MENDED, FOUND, ASKED, PRESENT = (
    Finding.State.MENDED,
    Finding.State.FOUND,
    Finding.State.ASKED,
    Finding.State.PRESENT,
)


class HeardVendor:
    """A vendor whose webhooks are stored and applied at once, but for those that a test withholds."""

    def __init__(self, server: VendorServer, source: Source) -> None:
        self.server, self.source = server, source
        self.is_heard = self.is_applied = True
        server.records.on_change = self._hear

    def _hear(self, change: Change) -> None:
        if self.is_heard and change.resource.event:
            store_event(self.source, WebhookBodies().make(change), {}, datetime.now(UTC))
            if self.is_applied:
                drain_backlog()


@pytest.fixture
def heard(vendor: VendorServer, source: Source) -> HeardVendor:
    return HeardVendor(vendor, source)


def load(source: Source, *resources: str) -> None:
    assert run_to_end(start_load(source, *resources)).state == Load.State.DONE


def count_deleted() -> int:
    return Deal.objects.filter(is_deleted=True).count() + Lead.objects.filter(is_deleted=True).count()


@pytest.mark.parametrize("kind", ["deals", "leads"])
def test_exactly_the_withheld_webhooks_are_found_and_mended(
    vendor: VendorServer, source: Source, heard: HeardVendor, kind: str
) -> None:
    ids = vendor.records.fill(kind, 150)
    load(source, kind)
    vendor.records.change(kind, ids[0], title="heard")
    heard.is_heard = False
    vendor.records.change(kind, ids[1], title="withheld")
    vendor.records.delete(kind, ids[2])
    added = vendor.records.add(kind, title="added")
    heard.is_heard = True
    vendor.records.change(kind, ids[3], title="heard too")

    vendor.switches.clock_offset = AHEAD_SECONDS
    run = reconcile(source, kind)

    assert findings_of(run) == {ids[1]: (BEHIND, MENDED), added: (UNKNOWN, MENDED), ids[2]: (GONE, MENDED)}
    (report,) = report_findings(run)
    assert str(report) == f"{kind}: 1 of 150 behind, 1 unknown, 1 gone"
    assert sum(counts.behind + counts.unknown + counts.gone for _, counts in report.days) == 3
    records: Any = {"deals": Deal, "leads": Lead}[kind]._default_manager
    assert records.get(external_id=ids[1]).title == "withheld"
    assert records.get(external_id=added).title == "added"
    assert records.get(external_id=ids[2]).is_deleted
    assert count_deleted() == 1
    assert Event.objects.filter(origin=Origin.LISTING).count() == 1
    assert findings_of(reconcile(source, kind)) == {}


def test_a_change_whose_webhook_may_still_come_is_neither_counted_nor_stored(
    vendor: VendorServer, source: Source, heard: HeardVendor
) -> None:
    ids = vendor.records.fill("deals", 3)
    load(source, "deals")
    heard.is_heard = False
    vendor.records.change("deals", ids[0], title="late")
    vendor.records.add("deals")
    vendor.switches.clock_offset = AHEAD_SECONDS
    assert findings_of(reconcile(source, "deals", retry_hours=75)) == {}
    assert Event.objects.count() == 3
    assert set(findings_of(reconcile(source, "deals"))) == {ids[0], "dl_dea000004"}


def test_a_webhook_that_waits_to_be_applied_was_not_missed(
    vendor: VendorServer, source: Source, heard: HeardVendor
) -> None:
    ids = vendor.records.fill("deals", 2)
    load(source, "deals")
    heard.is_applied = False
    vendor.records.change("deals", ids[0], title="stored")
    assert Event.objects.filter(status=Event.Status.PENDING).count() == 1
    vendor.switches.clock_offset = AHEAD_SECONDS
    assert findings_of(reconcile(source, "deals")) == {}


@pytest.mark.parametrize("hidden", [1, 5, 30])
def test_a_permission_that_was_narrowed_deletes_nothing(
    vendor: VendorServer, source: Source, hidden: int
) -> None:
    vendor.records.fill("deals", 150)
    for _ in range(hidden):
        vendor.records.add("deals", ownerUserId="usr_mary043", ownerName="Mary Major")
    load(source, "deals")
    vendor.switches.only_owner = "usr_john042"
    vendor.switches.clock_offset = AHEAD_SECONDS
    run = reconcile(source, "deals")
    assert list(findings_of(run).values()) == [(GONE, ASKED)] * hidden
    assert f"deals: {hidden} of {150 + hidden} records are missing" in run.question
    assert run.load.state == Load.State.DONE
    assert count_deleted() == 0
    (report,) = report_findings(run)
    assert (report.counts.gone, report.missing) == (0, hidden)


def test_a_list_that_may_not_be_read_any_more_deletes_nothing_in_the_others(
    vendor: VendorServer, source: Source
) -> None:
    ids = vendor.records.fill("deals", 150)
    vendor.records.fill("leads", 1)
    load(source, "deals", "leads")
    vendor.records.delete("deals", ids[0])
    vendor.switches.forbidden = frozenset({"leads"})
    vendor.switches.clock_offset = AHEAD_SECONDS
    run = reconcile(source, "deals", "leads")
    assert run.load.state == Load.State.STOPPED
    assert findings_of(run) == {}
    assert count_deleted() == 0


def test_a_key_that_has_not_listed_the_records_before_deletes_nothing(
    vendor: VendorServer, source: Source
) -> None:
    ids = vendor.records.fill("deals", 150)
    load(source, "deals")
    vendor.records.delete("deals", ids[0])
    vendor.api.key = "another"
    set_api_key(source, "another", ACTOR)
    vendor.switches.clock_offset = AHEAD_SECONDS
    run = reconcile(source, "deals")
    assert "of which 1 were never listed with this API key" in run.question
    assert count_deleted() == 0


def test_many_deletions_wait_for_an_answer_and_are_then_confirmed_one_by_one(
    vendor: VendorServer, source: Source
) -> None:
    ids = vendor.records.fill("deals", 30)
    load(source, "deals")
    for id in ids[:3]:
        vendor.records.delete("deals", id)
    vendor.switches.clock_offset = AHEAD_SECONDS
    run = reconcile(source, "deals")
    assert run.question == (
        "deals: 3 of 30 records are missing in the vendor's list, which are more than 20 or 1 %."
    )
    with pytest.raises(LoadRefused, match="about 3 records, not 30"):
        allow_deletions(run, ACTOR, 30)
    allow_deletions(run, ACTOR, 3)
    vendor.api.faults.plan(Fault.THROTTLED, after=1)
    assert run_steps(run.load).state == Load.State.DONE
    assert findings_of(run) == dict.fromkeys(ids[:3], (GONE, MENDED))
    assert count_deleted() == 3
    asked = [request for request in vendor.log.requests if request.path.startswith("/api/v2/deals/")]
    assert [request.status for request in asked] == [404, 429, 404, 404]
    with pytest.raises(LoadRefused, match="no question is open"):
        allow_deletions(run, ACTOR, 3)


def test_a_refused_question_for_a_record_ends_the_load_with_the_reason(
    vendor: VendorServer, source: Source
) -> None:
    ids = vendor.records.fill("deals", 30)
    load(source, "deals")
    for id in ids[:3]:
        vendor.records.delete("deals", id)
    vendor.switches.clock_offset = AHEAD_SECONDS
    run = reconcile(source, "deals")
    allow_deletions(run, ACTOR, 3)
    vendor.api.faults.plan(Fault.FORBIDDEN, after=1, times=5)
    stopped = run_steps(run.load)
    assert (stopped.state, stopped.reason) == (Load.State.STOPPED, "1 of 1 lists are not complete: deals.")
    asked = [request for request in vendor.log.requests if request.path.startswith("/api/v2/deals/")]
    assert [request.status for request in asked] == [404, 403]
    assert count_deleted() == 1


def test_failures_that_are_not_in_a_row_do_not_stop_a_reconciliation(
    vendor: VendorServer, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "MAX_FAILURES", 3)
    ids = vendor.records.fill("deals", 30)
    load(source, "deals")
    for id in ids[:4]:
        vendor.records.delete("deals", id)
    vendor.switches.clock_offset = AHEAD_SECONDS
    run = reconcile(source, "deals")
    allow_deletions(run, ACTOR, 4)
    for place in (0, 2, 4, 6):
        vendor.api.faults.plan(Fault.SERVER_ERROR, after=place)
    assert run_steps(run.load).state == Load.State.DONE
    assert count_deleted() == 4


def test_a_record_that_the_list_skipped_and_the_vendor_still_has_is_not_deleted(
    vendor: VendorServer, source: Source, heard: HeardVendor
) -> None:
    ids = vendor.records.fill("deals", 250)
    load(source, "deals")
    vendor.switches.cursors = Cursors.SHIFTING
    vendor.switches.clock_offset = AHEAD_SECONDS
    run = start_reconciliation(source, ACTOR, ["deals"], retry_hours=0, trusts_ids=True).reconciliation
    run_reconcile_step(run.pk)
    vendor.records.delete("deals", ids[0])
    run_steps(run.load)
    assert findings_of(run) == {ids[100]: (GONE, PRESENT)}
    assert Deal.objects.get(is_deleted=True).external_id == ids[0]


def test_a_dry_run_reports_and_stores_nothing(vendor: VendorServer, source: Source) -> None:
    ids = vendor.records.fill("deals", 150)
    load(source, "deals")
    vendor.records.change("deals", ids[0], title="other")
    vendor.records.delete("deals", ids[1])
    vendor.switches.clock_offset = AHEAD_SECONDS
    run = reconcile(source, "deals", is_dry_run=True)
    assert findings_of(run) == {ids[0]: (BEHIND, FOUND), ids[1]: (GONE, FOUND)}
    assert Event.objects.count() == 150
    assert Deal.objects.get(external_id=ids[0]).title != "other"


def test_a_reconciliation_is_not_run_as_a_load(vendor: VendorServer, source: Source) -> None:
    vendor.records.fill("deals", 1)
    run = start_reconciliation(source, ACTOR, ["deals"])
    assert not run_page(run.pk)
    assert vendor.log.requests == ()


def test_a_list_of_which_no_webhook_tells_is_not_compared(vendor: VendorServer, source: Source) -> None:
    with pytest.raises(LoadRefused, match="no webhook tells of tasks"):
        start_reconciliation(source, ACTOR, ["tasks"])
    assert "tasks" not in start_reconciliation(source, ACTOR).resources


def test_the_schedule_starts_one_reconciliation_in_its_period(vendor: VendorServer, source: Source) -> None:
    assert start_due_reconciliations() == 0
    Source.objects.update(reconcile_days=7)
    assert [start_due_reconciliations() for _ in range(2)] == [1, 0]
    run = newest_reconciliation(source)
    assert run is not None
    assert run.retry_hours == 75
    Load.objects.update(state=Load.State.DONE)
    assert start_due_reconciliations() == 0
    Load.objects.update(started_at=datetime.now(UTC) - timedelta(days=8))
    assert start_due_reconciliations() == 1


def test_the_task_of_the_workers_runs_what_the_schedule_has_started(
    vendor: VendorServer, source: Source, heard: HeardVendor
) -> None:
    ids = vendor.records.fill("leads", 3)
    load(source, "leads")
    Source.objects.update(reconcile_days=1)
    heard.is_heard = False
    vendor.records.change("leads", ids[0], title="missed")
    vendor.switches.clock_offset = AHEAD_SECONDS
    while tasks.load():
        drain_backlog()
    run = newest_reconciliation(source)
    assert run is not None
    assert run.load.started_by == "the schedule"
    assert findings_of(run)[ids[0]] == (BEHIND, MENDED)
