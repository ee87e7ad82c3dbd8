"""A process that reconciles is killed in the middle of a page, and another one goes on."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from crmmirror.lib.database.cursors import fetch_value
from entities.models import Deal
from events.models import Finding, Load, Source
from events.reconciling.reconcile_states import newest_reconciliation
from tests.support.loads import create_loaded_source, run_to_end, start_load
from tests.support.paths import PROJECT
from tests.support.reconciliations import AHEAD_SECONDS, findings_of, run_steps
from tests.support.vendor_api.faults import Fault
from tests.support.vendor_api.server import VendorServer
from tests.support.web_server import database_url

pytestmark = pytest.mark.django_db(transaction=True)

SESSION = "doomed"
COUNT_SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
OPTIONS = ("--resource", "deals", "--retry-hours", "0", "--trust-ids")


def start_command(vendor: VendorServer, source: Source) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "reconcile", source.slug, *OPTIONS],
        env=os.environ
        | {
            "DATABASE_URL": database_url(f"application_name={SESSION}"),
            "VENDOR_API_ADDRESSES": f"heffl={vendor.url}",
        },
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait until the condition is true, as long as the process lives."""
    while not condition():
        assert process.poll() is None, "the command has ended"
        time.sleep(0.01)


@pytest.mark.parametrize("page", [1, 2])
def test_after_a_kill_in_a_page_nothing_is_lost_counted_twice_or_asked_for_again(
    vendor: VendorServer, page: int
) -> None:
    ids = vendor.records.fill("deals", 250)
    source = create_loaded_source()
    run_to_end(start_load(source, "deals"))
    missed, deleted = [ids[5], ids[150], ids[249]], ids[7]
    for id in missed:
        vendor.records.change("deals", id, title="missed")
    vendor.records.delete("deals", deleted)
    vendor.switches.clock_offset = AHEAD_SECONDS
    loaded = len(vendor.log.requests)
    vendor.api.faults.plan(Fault.SLOW, after=page - 1)
    process = start_command(vendor, source)
    wait_for(lambda: len(vendor.log.requests) == loaded + page, process)
    process.kill()
    process.wait()
    # Until the database has noticed, the step is still locked.
    while fetch_value(COUNT_SESSIONS, SESSION):
        time.sleep(0.01)
    vendor.api.faults.slow_answers_go_on.set()
    run = newest_reconciliation(source)
    assert run is not None
    assert run_steps(run.load).state == Load.State.DONE
    mended = dict.fromkeys(missed, (Finding.Kind.BEHIND, Finding.State.MENDED))
    assert findings_of(run) == mended | {deleted: (Finding.Kind.GONE, Finding.State.MENDED)}
    assert set(Deal.objects.filter(title="missed").values_list("external_id", flat=True)) == set(missed)
    assert Deal.objects.get(is_deleted=True).external_id == deleted
    # Three pages, the one that was under way, and the record that the list lacks.
    assert len(vendor.log.requests) == loaded + 3 + 1 + 1
