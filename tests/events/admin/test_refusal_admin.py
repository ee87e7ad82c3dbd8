"""Refused deliveries in the admin: by source and reason, to those who may see them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from events.models import Refusal, RefusalCount, Source
from events.refusals.reasons import RefusalReason
from events.refusals.recorder import write_buffer
from events.refusals.remedies import find_remedy
from tests.support.staff_client import get_page, list_url, log_in_staff, page_url
from tests.support.vendor_requests import BODY, UNKNOWN_ADDRESS, client, new_source, post


def refuse_some() -> Source:
    """Refuse three deliveries without a signature, two with an empty body, and four to an unknown address."""
    source, _ = new_source()
    for body in (BODY, BODY, BODY, b"", b""):
        post(source, body)
    for _ in range(4):
        client.post(UNKNOWN_ADDRESS)
    write_buffer()
    return source


def count_rows(page: str) -> list[tuple[str, ...]]:
    """Return the rows of the page's table of counts: source, reason, deliveries."""
    found = re.findall(r'<tr><td>(.*?)</td><td><a[^>]*>(.*?)</a></td><td class="number">(\d+)</td>', page)
    return [tuple(row) for row in found]


@pytest.mark.django_db
def test_the_admin_shows_what_was_refused_by_source_and_reason() -> None:
    refuse_some()
    page = get_page(log_in_staff(), list_url(Refusal))
    assert count_rows(page) == [
        ("unknown", "unknown-source", "4"),
        ("acme", "signature", "3"),
        ("acme", "short-body", "2"),
    ]
    assert "127.0.0.1" in page
    assert "The header webhook-signature is missing or empty." in page
    assert page.count('class="field-refusal_time') == 9


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"reason": "signature"}, 3),
        ({"source": "acme"}, 5),
        ({"source": "unknown"}, 4),
        ({"source": "acme", "reason": "short-body"}, 2),
        ({"refused_at": "hour"}, 9),
    ],
)
def test_the_list_is_filtered_by_source_reason_and_time(query: dict[str, str], count: int) -> None:
    refuse_some()
    assert get_page(log_in_staff(), list_url(Refusal), **query).count('class="field-refusal_time') == count


@pytest.mark.django_db
def test_the_page_of_a_source_shows_what_was_refused_of_it_in_a_day() -> None:
    source = refuse_some()
    day_ago = datetime.now(UTC) - timedelta(days=1, hours=1)
    RefusalCount.objects.create(source=source, reason="size", hour=day_ago, count=1)
    assert count_rows(get_page(log_in_staff(), page_url(source))) == [
        ("acme", "signature", "3"),
        ("acme", "short-body", "2"),
    ]


@pytest.mark.django_db
def test_the_list_takes_as_many_queries_for_many_as_for_one(django_assert_max_num_queries: Any) -> None:
    refuse_some()
    viewer = log_in_staff()
    with django_assert_max_num_queries(9):
        get_page(viewer, list_url(Refusal))


@pytest.mark.django_db
def test_refusals_are_read_only_and_need_the_permission_to_view_them() -> None:
    refuse_some()
    url = page_url(Refusal.objects.all()[0])
    assert log_in_staff("view_event").get(list_url(Refusal)).status_code == 403
    viewer = log_in_staff("view_refusal")
    assert viewer.get(url).status_code == 302
    assert viewer.post(url).status_code == 403
    assert viewer.get(list_url(Refusal) + "add/").status_code == 403


@pytest.mark.django_db
def test_the_overview_counts_what_was_refused() -> None:
    refuse_some()
    page = get_page(log_in_staff(), "/admin/")
    assert re.search(r'<span class="value">9</span> <span class="name">refused in 24 hours', page)
    assert "refused in 24 hours" not in get_page(log_in_staff("view_event"), "/admin/")


def test_the_former_address_of_refusals_leads_to_the_present_one() -> None:
    answer = Client().get("/admin/events/rejection/?reason=size")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/events/refusal/?reason=size")


@pytest.mark.parametrize("reason", list(RefusalReason))
def test_every_reason_says_what_to_do_about_it(reason: RefusalReason) -> None:
    assert len(find_remedy(reason)) > 20


@pytest.mark.django_db
def test_each_line_of_refusals_says_what_to_do() -> None:
    source = refuse_some()
    remedy = escape(find_remedy("signature"))
    page = get_page(log_in_staff(), list_url(Refusal))
    assert page.count(remedy) >= 1 + 3
    assert remedy in get_page(log_in_staff(), page_url(source))


@pytest.mark.django_db
def test_a_reason_of_an_older_version_has_no_remedy_and_is_shown() -> None:
    source = refuse_some()
    Refusal.objects.update(reason="former-reason")
    RefusalCount.objects.filter(reason="signature").update(reason="former-reason")
    assert "former-reason" in get_page(log_in_staff(), list_url(Refusal))
    assert "former-reason" in get_page(log_in_staff(), page_url(source))
