"""The days of an agenda: properties of spans, and what an address may ask for."""

from datetime import date, timedelta

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from crmmirror.lib.admin_kit.request_check import UnusableRequest
from entities.admin.agenda.agenda_span import KINDS, MAX_DAY, MIN_DAY, Span, make_span, read_span

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 26)
ANY_SPAN = st.builds(make_span, st.sampled_from(KINDS), st.dates(MIN_DAY, MAX_DAY))


def read(query: str) -> Span:
    return read_span(RequestFactory().get(f"/?{query}"), TODAY)


@given(st.sampled_from(KINDS), st.dates(MIN_DAY, MAX_DAY))
def test_a_span_holds_its_day_and_has_no_gap(kind: str, day: date) -> None:
    span = make_span(kind, day)
    assert day in span.days
    assert [later - earlier for earlier, later in zip(span.days, span.days[1:], strict=False)] == [
        timedelta(days=1)
    ] * (len(span.days) - 1)
    assert all(make_span(kind, other) == span for other in span.days)


@given(ANY_SPAN)
def test_the_spans_before_and_after_it_adjoin_and_lead_back(span: Span) -> None:
    if span.previous:
        assert span.previous.days[-1] + timedelta(days=1) == span.days[0]
        assert span.previous.next == span
    if span.next:
        assert span.next.days[0] == span.days[-1] + timedelta(days=1)
        assert span.next.previous == span


@given(ANY_SPAN)
def test_the_address_of_a_span_gives_the_span(span: Span) -> None:
    anchored = make_span(span.kind, span.anchor(TODAY))
    assert anchored == span
    assert read(f"{span.kind}={span.value(span.anchor(TODAY))}") == span


@pytest.mark.parametrize(
    ("query", "kind", "first", "last"),
    [
        ("", "day", date(2026, 11, 26), date(2026, 11, 26)),
        ("day=", "day", date(2026, 11, 26), date(2026, 11, 26)),
        ("day=2024-02-29", "day", date(2024, 2, 29), date(2024, 2, 29)),
        ("week=2026-11-26", "week", date(2026, 11, 23), date(2026, 11, 29)),
        ("week=2026-01-01", "week", date(2025, 12, 29), date(2026, 1, 4)),
        ("month=2026-11", "month", date(2026, 11, 1), date(2026, 11, 30)),
        ("month=2024-02", "month", date(2024, 2, 1), date(2024, 2, 29)),
    ],
)
def test_an_address_names_a_day_a_week_by_one_of_its_days_or_a_month(
    query: str, kind: str, first: date, last: date
) -> None:
    span = read(query)
    assert (span.kind, span.days[0], span.days[-1]) == (kind, first, last)


@pytest.mark.parametrize(
    "query",
    [
        "day=20261126",
        "day=2026-W48-4",
        "day=2026-02-30",
        "day=0001-01-01",
        "day=9999-12-31",
        "day=²026-01-01",
        "week=2026-W48",
        "month=2026-11-26",
        "month=2026-13",
        "day=2026-11-26&week=2026-11-26",
    ],
)
def test_what_is_no_day_is_said(query: str) -> None:
    with pytest.raises(UnusableRequest, match=r"day|week|month"):
        read(query)
