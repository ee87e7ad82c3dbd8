"""The log of events in the admin, through its addresses."""

import json
import re
from datetime import timedelta

import pytest
from django.contrib.admin import site
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crmmirror.lib.admin_kit import capped_paginator
from entities.models import AuditAction, AuditEntry, Deal
from entities.models import Client as ClientRecord
from events.models import Event
from events.processing.claim import read_events
from events.processing.drain import drain_backlog
from tests.support.pruning import prune
from tests.support.staff_client import (
    get_page,
    list_url,
    log_in_staff,
    page_url,
    store_and_apply,
    store_delivery,
)

pytestmark = pytest.mark.django_db

DEAL = {"id": "dl_1", "title": "Licence", "client": {"id": "cl_1", "name": "Acme"}}


@pytest.fixture
def client() -> Client:
    return log_in_staff()


def again_url(event: Event) -> str:
    return page_url(event).replace("change", "apply-again")


def test_an_event_shows_the_records_that_it_touched_and_its_values(client: Client) -> None:
    event = store_and_apply("deal.created", DEAL)
    page = get_page(client, page_url(event))
    assert f'<a href="{page_url(Deal.objects.get())}">' in page
    assert f'<a href="{page_url(ClientRecord.objects.get())}">' in page
    assert 'data-word="applied"' in page
    assert "2025-01-15 10:30:00" in page
    assert "webhook-id" in page


def test_the_body_is_indented_and_otherwise_as_it_was_written(client: Client) -> None:
    event = store_delivery(b'{"event":"x","data":{"id":1.10,"id":2,"s":"\\u00e9"}}')
    page = get_page(client, page_url(event))
    for written in ("1.10", "&quot;id&quot;</span>: <span", "\\u00e9"):
        assert written in page


@pytest.mark.parametrize(
    ("body", "kind", "shown"),
    [
        (b"{not <b>json", "text", "{not &lt;b&gt;json"),
        (b"\x00\x01", "text", "[U+0000][U+0001]"),
        (b"\xff\xfe<b>", "bytes", "ff fe 3c 62 3e"),
        (b"[" * 100_000, "text", "[[["),
    ],
)
def test_a_body_that_is_not_json_is_shown_too(client: Client, body: bytes, kind: str, shown: str) -> None:
    event = store_delivery(body)
    page = get_page(client, page_url(event))
    assert f'<span class="quiet">{kind}, ' in page
    assert shown in page
    assert "Reason" in page


@pytest.mark.parametrize(
    "data",
    [
        {"s": "x" * 1_000_000},
        {"n": [1] * 300_000},
        {"<script>" * 100_000: 1},
        [[["\u202e" * 40] * 40] * 40],
    ],
    ids=["a long text", "many numbers", "a long key", "many texts"],
)
def test_the_page_of_a_large_event_stays_small(client: Client, data: object) -> None:
    body = json.dumps({"event": "x.y", "data": data}).encode()
    event = store_delivery(body)
    page = get_page(client, page_url(event))
    assert "<script>" * 2 not in page
    assert len(page) < 500_000
    assert "more characters" in page or "Only the beginning is shown." in page
    raw = client.get(page_url(event).replace("change", "raw"))
    assert raw.content == body


def test_the_raw_bytes_are_an_attachment(client: Client) -> None:
    body = b"<html>\x00\xff"
    answer = client.get(page_url(store_delivery(body)).replace("change", "raw"))
    assert answer.content == body
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_warnings_and_errors_are_shown(client: Client) -> None:
    event = store_and_apply("deal.created", DEAL | {"expectedCloseDate": "someday"})
    assert "1 warning</strong>" in get_page(client, page_url(event))
    event = store_and_apply("deal.created", {"title": "no id"})
    assert event.error in get_page(client, page_url(event))
    page = get_page(client, list_url(Event))
    assert "1 warning" in page
    assert event.error in page


@pytest.mark.django_db(transaction=True)
def test_apply_again_makes_an_event_pending_and_wakes_the_workers(
    client: Client, wakeup_calls: list[bool]
) -> None:
    event = store_and_apply("deal.created", {"title": "no id"})
    Event.objects.update(next_attempt_at=timezone.now())
    answer = client.post(again_url(event), follow=True)
    assert f"Event {event.pk} is pending again." in answer.content.decode()
    again = Event.objects.get()
    assert (again.status, again.next_attempt_at, again.error) == ("pending", None, event.error)
    assert wakeup_calls == [True]
    assert "The last attempt ended with" in answer.content.decode()
    assert drain_backlog() == 1
    assert Event.objects.get().status == "failed"


def test_apply_again_changes_nothing_in_the_records(client: Client) -> None:
    event = store_and_apply("deal.created", DEAL)
    before = Deal.objects.values().get()
    client.post(again_url(event))
    assert drain_backlog() == 1
    assert Deal.objects.values().get() == before


def test_many_events_are_applied_again_at_once(client: Client) -> None:
    events = [store_and_apply("deal.created", {"title": str(n)}) for n in range(3)]
    chosen = {"action": "apply_selected_again", "_selected_action": [one.pk for one in events[:2]]}
    answer = client.post(list_url(Event), chosen, follow=True)
    assert "2 events are pending again." in answer.content.decode()
    assert Event.objects.filter(status="pending").count() == 2


def test_apply_again_across_pages_counts_and_asks_first_and_then_takes_all_that_the_filter_matches(
    client: Client,
) -> None:
    for n in range(3):
        store_and_apply("deal.created", {"title": str(n)})
    applied = store_and_apply("deal.created", DEAL)
    chosen = {
        "action": "apply_selected_again",
        "select_across": 1,
        "_selected_action": Event.objects.earliest("id").pk,
    }
    answer = client.post(list_url(Event) + "?status=failed&p=1&o=1", chosen)
    assert not Event.objects.filter(status="pending").exists()
    page = get_page(client, answer["Location"])
    assert "This will apply 3 events again." in page
    assert re.findall(r'<th scope="row">(\w+)</th><td>(?:<[^>]*>)?(\w+)', page) == [("status", "failed")]
    answer = client.post(answer["Location"], follow=True)
    assert "3 events are pending again." in answer.content.decode()
    assert Event.objects.get(pk=applied.pk).status == "applied"


def test_select_all_says_that_there_are_more_than_are_counted(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.get_model_admin(Event), "list_per_page", 2)
    monkeypatch.setattr(capped_paginator, "MAX_ROWS", 3)
    for n in range(3):
        store_and_apply("deal.created", {"title": str(n)})
    assert "Select all 3 events" in get_page(client, list_url(Event))
    store_and_apply("deal.created", {"title": "another"})
    page = get_page(client, list_url(Event))
    assert "Select all 3+ events" in page
    assert "All 3+ selected" in page


def test_apply_again_needs_the_permission_to_change_events_and_a_post() -> None:
    event = store_and_apply("deal.created", {"title": "no id"})
    viewer = log_in_staff("view_event")
    assert viewer.post(again_url(event)).status_code == 403
    assert "Apply again" not in get_page(viewer, page_url(event))
    viewer.post(list_url(Event), {"action": "apply_selected_again", "_selected_action": event.pk})
    assert Event.objects.get().status == "failed"
    assert log_in_staff("view_event", "change_event").get(again_url(event)).status_code == 405
    assert log_in_staff("view_event", "change_event").post(again_url(event)).status_code == 302
    assert Event.objects.get().status == "pending"


def test_an_event_is_not_added_changed_or_deleted(client: Client) -> None:
    event = store_and_apply("deal.created", DEAL)
    assert client.get(list_url(Event) + "add/").status_code == 403
    assert client.post(page_url(event), {"status": "pending"}).status_code == 403
    assert client.post(page_url(event).replace("change", "delete")).status_code == 403
    assert "delete_selected" not in get_page(client, list_url(Event))
    assert Event.objects.get().status == "applied"


def test_the_log_needs_the_permission_to_view_events() -> None:
    event = store_and_apply("deal.created", DEAL)
    for url in (list_url(Event), page_url(event), page_url(event).replace("change", "raw")):
        assert log_in_staff("view_deal").get(url).status_code == 403
        assert log_in_staff("view_event").get(url).status_code == 200
        assert Client().get(url).status_code == 302


def test_the_log_is_filtered_by_what_it_shows(client: Client) -> None:
    failed = store_and_apply("deal.created", {"title": "no id"})
    ignored = store_and_apply("deal.exploded", {"id": "x"})
    other = store_and_apply("contact.created", {"contactId": "c", "subAccountId": "s"}, vendor="seedly")
    Event.objects.filter(pk=other.pk).update(received_at=timezone.now() - timedelta(days=3))

    def listed_events(**query: object) -> set[int]:
        page = get_page(client, list_url(Event), **query)
        return {one.pk for one in (failed, ignored, other) if f'href="{page_url(one)}' in page}

    assert listed_events() == {failed.pk, ignored.pk, other.pk}
    assert listed_events(status="failed") == {failed.pk}
    assert listed_events(source="acme-seedly") == {other.pk}
    assert listed_events(scope="s") == listed_events(scope="s", source="acme-seedly") == {other.pk}
    assert listed_events(scope="unknown") == set()
    assert listed_events(event_type="deal.created") == {failed.pk}
    assert listed_events(event_type="other") == {ignored.pk}
    assert listed_events(received_at="day") == {failed.pk, ignored.pk}
    assert listed_events(q=str(failed.pk)) == {failed.pk}
    assert listed_events(q=bytes(other.digest).hex()) == {other.pk}
    assert listed_events(q="deal.exploded") == {ignored.pk}
    assert listed_events(q="'") == set()


def test_an_event_links_to_those_of_its_sub_account(client: Client) -> None:
    event = store_and_apply("contact.created", {"contactId": "c", "subAccountId": "s"}, vendor="seedly")
    link = f"{list_url(Event)}?source=acme-seedly&amp;scope=s"
    assert f'<a href="{link}" dir="auto">s</a>' in get_page(client, page_url(event))
    assert page_url(event) in get_page(client, link.replace("&amp;", "&"))
    assert "?source=" not in get_page(client, page_url(store_and_apply("deal.created", DEAL)))


def test_the_list_takes_as_many_queries_for_many_events_as_for_one_and_reads_no_body(
    client: Client,
) -> None:
    def captured_statements() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            get_page(client, list_url(Event))
        return [one["sql"] for one in captured]

    store_and_apply("deal.created", DEAL)
    for_one = captured_statements()
    for n in range(20):
        store_delivery({"event": "deal.created", "timestamp": "2025-01-15T10:30:00Z", "payload": {"id": n}})
    for_many = captured_statements()
    assert len(for_many) == len(for_one) <= 8
    assert not [sql for sql in for_many if '"body"' in sql or "DISTINCT" in sql]


def test_the_overview_counts_what_waits_and_what_went_wrong(client: Client) -> None:
    store_and_apply("deal.created", {"title": "no id"})
    store_delivery(b"{")
    waiting = store_delivery(
        {"event": "deal.created", "timestamp": "2025-01-15T10:30:00Z", "payload": {"id": 1}}
    )
    Event.objects.filter(pk=waiting.pk).update(received_at=timezone.now() - timedelta(hours=2, minutes=5))
    page = get_page(client, "/admin/")
    for value, name in (
        ("3", "received in 24 hours"),
        ("1", "pending"),
        ("2 h 5 min", "longest wait"),
        ("1", "failed"),
        ("1", "malformed"),
    ):
        assert f'<span class="value">{value}</span> <span class="name">{name}</span>' in page
    assert "acme-heffl" in page


def test_the_overview_shows_the_log_only_with_the_permission_to_view_events() -> None:
    store_and_apply("deal.created", DEAL)
    page = get_page(log_in_staff("view_deal"), "/admin/")
    assert "received in 24 hours" not in page
    assert "?source=acme-heffl" not in page
    assert "Deals" in page


def test_a_malformed_event_says_what_would_have_to_change_and_marks_the_place(client: Client) -> None:
    page = get_page(client, page_url(store_delivery(b'{"event": "deal.created", "payload": {"id": <b>}}')))
    assert "What would have to change" in page
    assert "Expecting value, in line 1, column 45" in page
    assert "&quot;id&quot;: <mark>&lt;</mark>b&gt;}}" in page
    page = get_page(client, page_url(store_delivery(b'{"type": "deal.created", "payload": {}}')))
    assert "the event&#x27;s type, under &#x27;event&#x27;" in page
    assert "missing; the body has &#x27;type&#x27;, &#x27;payload&#x27;" in page
    assert "entities/vendors/heffl.py" in page


def test_a_malformed_event_that_can_be_read_by_now_says_so(client: Client) -> None:
    event = store_and_apply("deal.created", DEAL)
    Event.objects.update(status="malformed", error="not JSON: as an older version said")
    page = get_page(client, page_url(event))
    assert "The mirror can read it by now: apply it again." in page
    assert "What would have to change" not in page


# A pruned event.


def prune_event(event: Event) -> None:
    prune(*read_events([event.pk]))


def test_a_pruned_event_says_when_its_body_was_removed_and_offers_nothing_that_needs_it(
    client: Client,
) -> None:
    event = store_and_apply("deal.updated", {"id": "d1", "title": "Old", "status": "open"})
    store_and_apply("deal.updated", {"id": "d1", "title": "New"}, at="2025-01-15T10:31:00Z")
    prune_event(event)
    page = get_page(client, page_url(event))
    assert "Removed on" in page
    assert "Apply again" not in page
    assert "Download the exact bytes" not in page
    assert f'<a href="{page_url(Deal.objects.get())}">' in page


def test_a_pruned_event_is_neither_applied_again_nor_downloaded_and_the_page_says_why(
    client: Client,
) -> None:
    event = store_and_apply("deal.updated", {"id": "d1", "title": "A"})
    prune_event(event)
    for act, answer in (
        ("applied again", client.post(again_url(event), follow=True)),
        ("downloaded", client.get(page_url(event).replace("change", "raw"), follow=True)),
    ):
        assert f"Event {event.pk} cannot be {act}: its body has been removed." in answer.content.decode()
    event.refresh_from_db()
    assert event.status == Event.Status.APPLIED
    assert not AuditEntry.objects.filter(action=AuditAction.BODY_DOWNLOAD).exists()


def test_of_a_selection_the_pruned_events_are_left_out_and_counted(client: Client) -> None:
    events = [store_and_apply("deal.updated", {"id": f"d{number}"}) for number in range(3)]
    prune_event(events[0])
    answer = client.post(
        list_url(Event),
        {"action": "apply_selected_again", "_selected_action": [event.pk for event in events]},
        follow=True,
    )
    assert "1 left out, because their bodies have been removed." in answer.content.decode()
    assert Event.objects.filter(status=Event.Status.PENDING).count() == 2
