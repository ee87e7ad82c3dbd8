"""The drift report: what vendors send that the mapping does not know, in the admin and on the terminal."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entities import generate, vendors
from entities.plan import plans
from events import drift as drifting
from events.apply_again import apply_again
from events.drain import drain
from events.drift import Finding, Limits, drift
from events.known import Kind
from events.models import Event
from tests.entities import third_vendor
from tests.entities.reading import body
from tests.staff import page_url, say, staff, store, text

pytestmark = pytest.mark.django_db

DEAL = {"id": "dl_1", "title": "Licence"}
URL = "/admin/events/event/drift/"
HOSTILE = "<script>alert(1)</script>\u202e"

Told = tuple[str, str, str, str, int]


def told(days: int = 30, vendor: str = "") -> list[Told]:
    """Kind, event type, record, path and number of events of each finding."""
    return [
        (one.kind, one.event_type, one.record_type, one.path, one.events) for one in findings(days, vendor)
    ]


def findings(days: int = 30, vendor: str = "") -> tuple[Finding, ...]:
    return drift(days, vendor).findings


def received(event: Event, days_ago: int) -> datetime:
    at = timezone.now() - timedelta(days=days_ago)
    Event.objects.filter(pk=event.pk).update(received_at=at)
    return at


def printed(*arguments: str) -> str:
    output = StringIO()
    call_command("drift", *arguments, stdout=output)
    return output.getvalue()


# Types of events.


def test_unknown_types_are_summed_up_with_since_when_how_often_and_an_example() -> None:
    events = [say("deal.sneezed", DEAL | {"value": n}) for n in range(3)]
    say("deal.created", DEAL)
    first = received(events[0], days_ago=3)
    last = received(events[1], days_ago=1)
    received(events[2], days_ago=2)
    (found,) = findings()
    assert (found.kind, found.vendor, found.event_type, found.events) == (
        Kind.TYPE,
        "heffl",
        "deal.sneezed",
        3,
    )
    assert (found.first, found.last, found.example) == (first, last, events[2].pk)


def test_an_event_counts_once_however_often_it_comes_and_is_applied() -> None:
    for _ in range(2):
        say("deal.sneezed", DEAL)
        say("deal.created", DEAL | {"score": 1, "client": {"id": "c", "score": 2}})
        apply_again(Event.objects.all())
        drain()
    assert {events for *_, events in told()} == {1}


def test_vendors_and_sources_are_told_apart_by_vendor() -> None:
    say("deal.sneezed", DEAL)
    say("deal.sneezed", DEAL, vendor="seedly")
    assert [(one.vendor, one.events) for one in findings()] == [("heffl", 1), ("seedly", 1)]
    assert [one.vendor for one in findings(vendor="seedly")] == ["seedly"]


# Fields.


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"score": 1}, ("field", "deal", "score")),
        ({"score": None}, ("field", "deal", "score")),
        ({"client": {"id": "c", "rating": "A"}}, ("field", "client", "rating")),
        ({"owner": {"id": 3, "shoe": 44}}, ("field", "deal", "owner.shoe")),
        ({"expectedCloseDate": "someday"}, ("value", "deal", "expectedCloseDate")),
        ({"price": {"amount": 5}}, ("value", "deal", "price")),
        ({"clientId": ["a", "b"]}, ("value", "deal", "clientId")),
        ({"owner": "Jane"}, ("value", "deal", "owner")),
        ({"owner": {"id": 3, "name": [1]}}, ("value", "deal", "owner.name")),
        ({"leadId": "l", "leadName": {"first": "Jane"}}, ("value", "lead", "leadName")),
        ({"name": "Another"}, ("spare", "deal", "name")),
        ({"leadName": "Jane"}, ("spare", "deal", "leadName")),
        ({"price": 5, "clientId": "c", "client": {"id": "c", "name": "Acme"}}, None),
    ],
)  # fmt: skip
def test_what_the_mapping_does_not_name_is_told_from_what_it_cannot_take(
    payload: dict[str, Any], expected: tuple[str, str, str] | None
) -> None:
    say("deal.updated", DEAL | payload)
    assert [(kind, model, path) for kind, _, model, path, _ in told()] == ([expected] if expected else [])


def test_a_tag_that_is_none_is_a_value_that_cannot_be_read() -> None:
    say("contact.tag_added", {"contactId": "c", "subAccountId": "s", "tagName": {"a": 1}}, vendor="seedly")
    assert ("value", "contact.tag_added", "contact", "tagName", 1) in told()


def test_fields_are_summed_up_by_type_and_path() -> None:
    for n in range(2):
        say("deal.updated", DEAL | {"score": n, "rating": n})
    say("deal.created", DEAL | {"score": 7})
    assert told() == [
        ("field", "deal.updated", "deal", "rating", 2),
        ("field", "deal.updated", "deal", "score", 2),
        ("field", "deal.created", "deal", "score", 1),
    ]


@pytest.mark.parametrize("vendor", sorted(vendors.every()))
def test_of_a_hostile_stream_only_the_keys_that_nobody_mapped_are_unknown_fields(vendor: str) -> None:
    random, circumstances = Random(3), generate.Circumstances(junk=0.2)
    for _ in range(300):
        store(generate.event(random, vendors.get(vendor), circumstances), vendor)
    drain()
    found = findings()
    kinds = {one.kind for one in found}
    assert {Kind.FIELD, Kind.VALUE} <= kinds <= {Kind.FIELD, Kind.VALUE, Kind.SPARE}
    unknown = {one.path for one in found if one.kind is Kind.FIELD}
    assert set(generate.UNKNOWN_KEYS) <= unknown
    assert {path for path in unknown if not path.endswith(".nested")} == set(generate.UNKNOWN_KEYS)


# The mapping of today.


@pytest.fixture
def learn(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Teaches a vendor's table a type of event, and a deal's field in a word and in a part of an object."""

    def teach() -> None:
        vendor = vendors.get("heffl")
        known = vendor.events["deal.updated"]
        columns = {**known.entity.columns, "lost_reason": "score", "pipeline_ref": "funnel.id"}
        deal = replace(known.entity, columns=columns)
        types = {
            name: replace(one, entity=deal) if one.entity is known.entity else one
            for name, one in vendor.events.items()
        }
        types["deal.sneezed"] = types["deal.updated"]
        changed = vendors.every() | {"heffl": replace(vendor, events=types)}
        monkeypatch.setattr(vendors, "every", lambda: changed)
        plans.cache_clear()

    yield teach
    monkeypatch.undo()
    plans.cache_clear()


def test_what_the_mapping_has_learnt_since_is_no_unknown_any_more(learn: Callable[[], None]) -> None:
    say("deal.sneezed", DEAL | {"value": 1})
    say("deal.updated", DEAL | {"score": "high", "funnel": {"id": 7}, "rating": 1})
    assert {kind for kind, *_ in told()} == {"type", "field"}
    learn()
    assert told() == [
        ("field", "deal.updated", "deal", "rating", 1),
        ("learnt-type", "deal.sneezed", "", "", 1),
        ("learnt-field", "deal.updated", "deal", "funnel", 1),
        ("learnt-field", "deal.updated", "deal", "score", 1),
    ]


def test_what_was_learnt_is_gone_from_the_report_once_applied_again(learn: Callable[[], None]) -> None:
    say("deal.sneezed", DEAL)
    say("deal.updated", DEAL | {"score": "high"})
    learn()
    client = staff()
    page = text(client, URL)
    (link,) = [part.split('"')[0] for part in page.split('href="')[1:] if "apply-all-again" in part]
    assert "event_type=deal.sneezed" in link
    # The list of events knows the types that were there when it was loaded.
    apply_again(Event.objects.all())
    drain()
    assert told() == []


def test_a_vendors_new_module_needs_nothing_else(tmp_path: Path) -> None:
    module = """
from entities.vendor import Entity, Vendor, alike, events
DEAL = Entity("deal", id=("uid",), columns=alike("title value"))
VENDOR = Vendor("marigold", "Marigold", "none", events("order", DEAL, "created"))
"""
    with third_vendor.module(tmp_path, module):
        for event, payload in (("order.lost", {"uid": 1}), ("order.created", {"uid": 1, "gift": True})):
            store(body("marigold", event, payload), "marigold")
        drain()
        assert told(vendor="marigold") == [
            ("type", "order.lost", "", "", 1),
            ("field", "order.created", "deal", "gift", 1),
        ]


# Bounds.


def test_only_what_was_received_in_the_period_counts() -> None:
    old = say("deal.sneezed", DEAL)
    say("deal.updated", DEAL | {"score": 1})
    received(old, days_ago=40)
    assert [kind for kind, *_ in told()] == ["field"]
    assert [kind for kind, *_ in told(days=50)] == ["type", "field"]


def test_a_limit_reads_the_newest_events_whole_and_says_how_far_back() -> None:
    for n in range(5):
        received(say("deal.updated", DEAL | {"score": n, "client": {"id": "c", "score": n}}), days_ago=9 - n)
    found = drift(30, limits=Limits(entries=4))
    assert {(one.record_type, one.events) for one in found.findings} == {("deal", 2), ("client", 2)}
    assert found.fields_since == min(one.first for one in found.findings)
    assert found.types_since == found.since
    assert drift(30).fields_since < found.fields_since


def test_a_limit_holds_for_ignored_events_too() -> None:
    for n in range(5):
        say("deal.sneezed", DEAL | {"value": n})
    found = drift(30, limits=Limits(events=2))
    assert [one.events for one in found.findings] == [2]
    assert found.types_since == found.findings[0].first


def test_the_number_of_findings_is_bounded_and_a_long_name_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drifting, "MAX_FINDINGS", 3)
    say("deal.updated", DEAL | {f"key{n}": n for n in range(10)} | {"k" * 5000: 1})
    found = findings()
    assert len(found) == 3
    say("deal." + "x" * 5000, DEAL)
    assert max(len(one.event_type) for one in findings()) == 200


# On the terminal.


def test_the_command_prints_a_table() -> None:
    event = say("deal.updated", DEAL | {"score": 1})
    heading, line = printed().splitlines()
    assert heading.startswith("what   vendor  event type")
    day = datetime.now(UTC).date().isoformat()
    cells = line.split()
    assert cells[:6] == ["field", "heffl", "deal.updated", "deal", "score", "1"]
    assert (cells[6], cells[8], cells[-1]) == (day, day, str(event.pk))


def test_the_command_says_in_one_line_that_there_is_none() -> None:
    assert printed() == "No drift in 30 days: the mapping knows all that was sent.\n"
    say("deal.updated", DEAL)
    assert printed("--days", "7") == "No drift in 7 days: the mapping knows all that was sent.\n"


def test_the_command_prints_json_for_a_program() -> None:
    event = say("deal.updated", DEAL | {"score": 1})
    answer = json.loads(printed("--json"))
    (found,) = answer["findings"]
    assert datetime.fromisoformat(found.pop("first")) == datetime.fromisoformat(found.pop("last"))
    assert found == {
        "kind": "field",
        "vendor": "heffl",
        "event_type": "deal.updated",
        "record_type": "deal",
        "path": "score",
        "events": 1,
        "example": event.pk,
    }
    assert datetime.fromisoformat(answer["since"]) < timezone.now()


def test_the_command_tells_of_one_vendor_and_of_as_many_days_as_asked() -> None:
    received(say("deal.sneezed", DEAL), days_ago=20)
    say("deal.sneezed", DEAL, vendor="seedly")
    assert "heffl" in printed()
    assert "heffl" not in printed("--days", "10")
    assert "seedly" not in printed("--vendor", "heffl")


@pytest.mark.parametrize(
    "arguments", [("--vendor", "acme"), ("--days", "0"), ("--days", "many"), ("--days", "9" * 9)]
)
def test_the_command_refuses_what_it_cannot_mean(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"unknown vendor 'acme'; known: |a number of days from 1 to "):
        printed(*arguments)


def test_the_command_prints_no_control_characters_of_a_vendor() -> None:
    say("deal.updated", DEAL | {"\x1b[2J": 1})
    assert "\x1b" not in printed()


# In the admin.


def test_the_page_says_what_is_unknown_and_leads_to_it() -> None:
    unknown = say("deal.sneezed", DEAL)
    odd = say("deal.updated", DEAL | {"score": 1, "expectedCloseDate": "someday"})
    client = staff()
    page = text(client, URL)
    for title in (
        "Event types that the mapping does not know",
        "Fields that the mapping does not name",
        "Values that cannot be read",
    ):
        assert title in page
    assert f'<a href="{page_url(odd)}">{odd.pk}</a>' in page
    (link,) = [part.split('"')[0] for part in page.split('href="')[1:] if "q=deal.sneezed" in part]
    listed = text(client, link.replace("&amp;", "&"))
    assert f'href="{page_url(unknown)}' in listed
    assert f'href="{page_url(odd)}' not in listed


def test_the_page_is_narrowed_by_vendor_and_period() -> None:
    received(say("deal.sneezed", DEAL), days_ago=20)
    client = staff()
    assert "deal.sneezed" in text(client, URL)
    assert "deal.sneezed" in text(client, URL, vendor="heffl", days=30)
    for query in ({"days": 7}, {"vendor": "seedly"}):
        assert "None: the mapping knows all that was sent." in text(client, URL, **query)
    for query in ({"days": "0"}, {"days": "x"}, {"vendor": "acme"}):
        assert client.get(URL, query).status_code == 404


def test_the_page_says_what_it_did_not_read_or_show(monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(4):
        say("deal.updated", DEAL | {f"key{n}": n})
    client = staff()
    page = text(client, URL)
    assert "There is too much to read it all here" not in page
    assert "The most frequent are shown." not in page
    monkeypatch.setattr("events.admin.drift.PAGE", Limits(events=1, entries=3))
    monkeypatch.setattr("events.admin.drift.MAX_FINDINGS", 3)
    page = text(client, URL)
    assert "<code>manage.py drift --days 30</code> reads the whole period." in page
    assert "The most frequent are shown." in page
    assert [f"<code>key{n}</code>" in page for n in range(4)] == [False, True, True, True]


def test_the_page_is_for_those_who_may_see_the_log() -> None:
    say("deal.sneezed", DEAL)
    assert reverse("admin:events_event_drift") == URL
    assert staff("view_deal").get(URL).status_code == 403
    assert Client().get(URL).status_code == 302
    assert "Apply again" not in text(staff("view_event"), URL)


def test_the_page_escapes_what_a_vendor_wrote() -> None:
    say("deal.updated", DEAL | {HOSTILE: 1})
    say(HOSTILE, DEAL)
    page = text(staff(), URL)
    assert "<script>alert" not in page
    assert "[U+202E]" in page


def test_the_page_takes_as_many_queries_for_many_findings_as_for_one() -> None:
    client = staff()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            text(client, URL)
        return len(captured)

    say("deal.sneezed", DEAL)
    for_one = queries()
    for n in range(10):
        say(f"deal.sneezed{n}", DEAL)
        say("deal.updated", DEAL | {f"key{n}": n})
    assert queries() == for_one <= 8
