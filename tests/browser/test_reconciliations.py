"""A person answers the question of a reconciliation in a real browser."""

import pytest

from entities.models import Deal
from events.reconciling.reconcile_states import newest_reconciliation
from tests.support.accessibility import collect_faults_here
from tests.support.browser_visit import Visit
from tests.support.loads import create_loaded_source, run_to_end, serve_vendor, start_load
from tests.support.reconciliations import AHEAD_SECONDS, reconcile, run_steps
from tests.support.staff_client import page_url

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_person_sees_what_was_missed_and_says_that_the_missing_are_deleted(visit: Visit) -> None:
    with serve_vendor() as vendor:
        source = create_loaded_source()
        ids = vendor.records.fill("deals", 60)
        run_to_end(start_load(source, "deals"))
        for id in ids[:5]:
            vendor.records.change("deals", id, title="missed")
        for id in ids[5:8]:
            vendor.records.delete("deals", id)
        vendor.records.add("deals")
        vendor.switches.clock_offset = AHEAD_SECONDS
        reconcile(source, "deals")
        visit.goto(page_url(source))
        visit.page.click("text=Compare with the vendor")
        visit.page.wait_for_url("**/reconcile/")
        faults = collect_faults_here(visit, "the question")
        with visit.page.expect_navigation():
            visit.page.click("text=Yes, 3 records are deleted")
        run = newest_reconciliation(source)
        assert run is not None
        run_steps(run.load)
        visit.page.reload()
        faults |= collect_faults_here(visit, "the answer")
        assert visit.page.locator("#question").count() == 0
        assert Deal.objects.filter(is_deleted=True).count() == 3
    assert faults == {}
