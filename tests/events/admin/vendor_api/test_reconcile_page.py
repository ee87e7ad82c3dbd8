"""The page of reconciliations: what it shows, its question, its acts, and who may open it."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import AuditEntry, Deal
from events.models import Finding, Load, Source
from events.reconciling.reconcile_states import newest_reconciliation
from tests.support.access_limits import create_member, limit, log_in
from tests.support.loads import run_to_end, start_load
from tests.support.reconciliations import AHEAD_SECONDS, reconcile, run_steps
from tests.support.staff_client import get_page, log_in_staff, page_url
from tests.support.vendor_api.server import VendorServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return log_in_staff()


def reconcile_url(source: Source) -> str:
    return page_url(source).replace("change", "reconcile")


def miss_deals(vendor: VendorServer, source: Source, count: int = 1) -> list[str]:
    """Load 30 deals, change one and delete so many others; return the ids of those that are deleted."""
    ids = vendor.records.fill("deals", 30)
    run_to_end(start_load(source, "deals"))
    vendor.records.change("deals", ids[-1], title="missed")
    for id in ids[:count]:
        vendor.records.delete("deals", id)
    vendor.switches.clock_offset = AHEAD_SECONDS
    return ids[:count]


def test_a_sources_page_leads_to_it_and_it_says_that_nothing_was_compared(
    client: Client, source: Source
) -> None:
    assert reconcile_url(source) in get_page(client, page_url(source))
    assert "Nothing was compared yet." in get_page(client, reconcile_url(source))


def test_it_shows_counts_records_with_links_and_asks_about_the_missing(
    client: Client, vendor: VendorServer, source: Source
) -> None:
    (deleted,) = miss_deals(vendor, source)
    run = reconcile(source, "deals")
    page = get_page(client, reconcile_url(source))
    behind = Finding.objects.get(kind=Finding.Kind.BEHIND)
    assert (
        f'<a href="{page_url(Deal.objects.get(external_id=behind.external_id))}">{behind.external_id}</a>'
        in page
    )
    assert f'/admin/events/event/{behind.event_id}/change/"' in page
    assert "1 of 30 records are missing" in page
    answer = client.post(reconcile_url(source), {"act": "allow", "run": run.pk, "count": "1"}, follow=True)
    assert "The workers ask the vendor for each of these records" in answer.content.decode()
    run_steps(run.load)
    page = get_page(client, reconcile_url(source))
    assert "Are these records deleted" not in page
    assert Deal.objects.get(is_deleted=True).external_id == deleted


@pytest.mark.parametrize(("run", "count"), [("", "1"), ("0", "1"), (None, "2"), (None, ""), (None, "x")])
def test_an_answer_to_another_question_deletes_nothing(
    client: Client, vendor: VendorServer, source: Source, run: str | None, count: str
) -> None:
    miss_deals(vendor, source)
    newest = reconcile(source, "deals")
    fields = {"act": "allow", "run": newest.pk if run is None else run, "count": count}
    page = client.post(reconcile_url(source), fields, follow=True).content.decode()
    assert "Nothing was done: the question" in page
    assert Finding.objects.filter(state=Finding.State.ASKED).count() == 1


def test_it_starts_one_reconciliation_at_a_time(client: Client, source: Source) -> None:
    client.post(reconcile_url(source), {"act": "start", "dry_run": "on"})
    run = newest_reconciliation(source)
    assert run is not None
    assert run.is_dry_run
    assert run.load.started_by.startswith("staff")
    page = client.post(reconcile_url(source), {"act": "start"}, follow=True).content.decode()
    assert "Nothing was done: crm is being loaded already" in page
    assert "can be started when the present one has ended" in page
    assert Load.objects.count() == 1


def test_the_schedule_is_saved_and_audited(client: Client, source: Source) -> None:
    client.post(reconcile_url(source), {"act": "schedule", "reconcile_days": "7"})
    assert Source.objects.get().reconcile_days == 7
    assert AuditEntry.objects.latest("pk").detail == {"changed": {"reconcile_days": {"from": "", "to": "7"}}}
    page = client.post(reconcile_url(source), {"act": "schedule", "reconcile_days": "0"}, follow=True)
    assert "Nothing was done: Ensure this value" in page.content.decode()
    client.post(reconcile_url(source), {"act": "schedule", "reconcile_days": ""})
    assert Source.objects.get().reconcile_days is None


def test_an_unknown_act_and_a_source_without_a_key_are_said(client: Client, source: Source) -> None:
    page = client.post(reconcile_url(source), {"act": "x"}, follow=True).content.decode()
    assert "the form asks for nothing that this page does" in page
    source.api_access.delete()
    assert "Nothing can be compared" in get_page(client, reconcile_url(source))
    assert client.put(reconcile_url(source)).status_code == 405


def test_viewers_of_sources_see_no_buttons_and_no_records_that_they_may_not_view(
    vendor: VendorServer, source: Source
) -> None:
    miss_deals(vendor, source)
    reconcile(source, "deals")
    viewer = log_in_staff("view_source")
    page = get_page(viewer, reconcile_url(source))
    assert "1 of 30 records are missing" in page
    assert not re.search(r"dl_dea|<button[^>]*>(Yes|Compare|Save)", page)
    assert viewer.post(reconcile_url(source), {"act": "start"}).status_code == 403
    assert log_in_staff("view_deal").get(reconcile_url(source)).status_code == 403


def test_it_takes_as_many_queries_for_many_findings_as_for_one(
    client: Client, vendor: VendorServer, source: Source
) -> None:
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            get_page(client, reconcile_url(source))
        return len(captured)

    miss_deals(vendor, source)
    reconcile(source, "deals")
    for_one = count_queries()
    ids = [record["id"] for record in vendor.records.list_records("deals")]
    for id in ids[:12]:
        vendor.records.delete("deals", id)
    Finding.objects.all().delete()
    reconcile(source, "deals")
    assert Finding.objects.count() >= 12
    assert count_queries() == for_one <= 16


def test_who_is_limited_to_a_sub_account_does_not_see_the_page(source: Source) -> None:
    member = limit(create_member("Operator"), source, "acc_7")
    client = log_in(member)
    assert client.get(reconcile_url(source)).status_code == 403
    assert reconcile_url(source) not in get_page(client, page_url(source))


def test_a_reconciliation_is_not_shown_among_the_loads(client: Client, source: Source) -> None:
    client.post(reconcile_url(source), {"act": "start"})
    load_url = page_url(source).replace("change", "load")
    assert "Nothing was loaded yet." in get_page(client, load_url)
    assert client.get(load_url, {"load": Load.objects.get().pk}).status_code == 404
