"""The pages of a list of records, also beyond those that have a number."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from random import Random
from typing import Any

import pytest
from django.test import Client

from crmmirror.lib.admin_kit import capped_paginator
from entities.admin.lists import list_choice
from entities.models import Task
from tests.support.api_client import create_record, ensure_source
from tests.support.staff_client import list_url, log_in_staff

pytestmark = pytest.mark.django_db

PAGE_LINK = re.compile(r'<a href="(\S+?)">(First page|Previous|Next)</a>')


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    """Return a browser whose lists have four rows a page, and number the first two pages."""
    monkeypatch.setattr(list_choice, "PAGE_SIZES", (4, 100))
    monkeypatch.setattr(capped_paginator, "MAX_ROWS", 8)
    return log_in_staff()


@pytest.fixture
def tasks() -> list[str]:
    """Create 30 tasks with equal times, and without any; return their keys in the order of their times."""
    first = datetime(2025, 1, 1, tzinfo=UTC)
    keys = [(number // 4 if number < 19 else None, f"t{number:02}") for number in range(30)]
    for day, key in Random(1).sample(keys, len(keys)):
        due_at = None if day is None else first + timedelta(days=day)
        create_record(Task, external_id=key, title=key, due_at=due_at, status="todo")
    return [key for _, key in keys]


def read_page(client: Client, query: str) -> tuple[list[str], dict[str, str]]:
    """Return the keys of a page's rows, and the pages beside it by the texts of their links."""
    response: Any = client.get(list_url(Task) + query)
    page = response.content.decode()
    assert response.status_code == 200, page
    links = {text: unescape(url) for url, text in PAGE_LINK.findall(page)}
    return [row.external_id for row in response.context_data["cl"].result_list], links


def reverse_times(keys: list[str]) -> list[str]:
    """Return the keys in the order of their times from the latest on, those of one time in their order."""
    groups = [keys[start : start + 4] for start in range(0, 16, 4)] + [keys[16:19]]
    return [key for group in reversed(groups) for key in group] + keys[19:]


@pytest.mark.parametrize("order", ["due_at", "-due_at"])
def test_every_row_is_on_one_page_in_order_also_beyond_the_numbered_ones(
    order: str, client: Client, tasks: list[str]
) -> None:
    seen, links = read_page(client, f"?o={order}&status=todo&p=1")
    assert links == {}
    rows, links = read_page(client, f"?o={order}&status=todo&p=2")
    seen += rows
    while "Next" in links:
        assert "p=after-" in links["Next"]
        rows, links = read_page(client, links["Next"])
        seen += rows
    assert seen == (tasks if order == "due_at" else reverse_times(tasks))


@pytest.mark.parametrize("order", ["due_at", "-due_at"])
def test_the_way_back_shows_the_same_rows(order: str, client: Client, tasks: list[str]) -> None:
    rows, links = read_page(client, f"?o={order}&p=2")
    pages = []
    while "Next" in links:
        rows, links = read_page(client, links["Next"])
        pages.append(rows)
    assert len(pages) == 6
    for expected in reversed(pages[:-1]):
        rows, links = read_page(client, links["Previous"])
        assert rows == expected
        assert links["First page"] == f"?o={order}"


def test_the_beginning_is_reached_backwards(client: Client, tasks: list[str]) -> None:
    third = Task.objects.get(external_id=tasks[2])
    rows, links = read_page(client, f"?o=due_at&p=before-{third.pk}")
    assert rows == tasks[:2]
    assert set(links) == {"Next"}
    rows, links = read_page(client, f"?o=due_at&p=before-{Task.objects.get(external_id=tasks[0]).pk}")
    assert rows == []


def test_a_page_beside_a_row_that_is_not_in_the_list_is_said(client: Client, tasks: list[str]) -> None:
    other = create_record(Task, external_id="other", source=ensure_source("beta"), status="done")
    for place in (f"after-{other.pk}", "before-999999999"):
        answer = client.get(list_url(Task), {"status": "todo", "p": place})
        assert answer.status_code == 400
        assert "The row with which this page began is no longer in the list" in answer.content.decode()
    for place in ("after-", "after-x", "beside-1", "-1", "after-" + "9" * 30):
        answer = client.get(list_url(Task), {"p": place})
        assert answer.status_code == 400
        assert "This list has no page" in answer.content.decode()


def test_the_last_numbered_page_of_a_short_list_leads_no_further(client: Client) -> None:
    for number in range(6):
        create_record(Task, external_id=str(number))
    rows, links = read_page(client, "?p=2")
    assert (rows, links) == (["4", "5"], {})
