"""The headers that say what is left of a token's budget: each number, and that answers have them."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from crmmirror.lib.token_bucket import Limit
from crmmirror.lib.web.busy_responses import Busy
from crmmirror.readers.middleware import READER_BOUNDS, reader_limits
from crmmirror.readers.rate_limit_headers import make_headers
from crmmirror.readers.reader_limits import Account, Bounds, ReaderLimits, ReaderRefused
from tests.support.api_client import authorization_header
from tests.support.staff_client import log_in_staff

BOUNDS = Bounds("one token", running=4, waiting=4, wait_seconds=0.0, work=Limit(120, 60))
POLICY = '"work";q=120000;qu="milliseconds";w=60, "concurrent";q=4;qu="concurrent-requests"'
# A list of strings with parameters, whose values are integers or strings (RFC 9651).
ITEM = r'"[a-z]+"(?:;[a-z]+=(?:\d+|"[a-z-]+"))*'
STRUCTURED_LIST = re.compile(rf"{ITEM}(?:, {ITEM})*")


def measure(*, until_full: float, present: int = 0) -> str:
    account = Account(BOUNDS)
    account.full_at, account.present = 1000.0 + until_full, present
    return make_headers(account.measure(1000.0))["RateLimit"]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("until_full", "present", "header"),
    [
        (-5.0, 0, '"work";r=120000, "concurrent";r=4'),
        (0.25, 1, '"work";r=119500;t=1, "concurrent";r=3'),
        (30.0, 4, '"work";r=60000;t=1, "concurrent";r=0'),
        (75.0, 8, '"work";r=0;t=16, "concurrent";r=0'),
    ],
)
def test_the_header_says_what_is_left(until_full: float, present: int, header: str) -> None:
    assert measure(until_full=until_full, present=present) == header


def refuse(account: Account) -> Busy | None:
    """Return why the next request is refused; None if it is not."""
    try:
        account.check(0.0)
    except ReaderRefused as refused:
        return refused.busy
    return None


@pytest.mark.unit
@given(st.floats(-100, 1000), st.integers(0, 20))
def test_nothing_is_left_exactly_when_the_reader_is_refused(until_full: float, present: int) -> None:
    account = Account(BOUNDS)
    account.full_at, account.present = until_full, present
    headers = make_headers(account.measure(0.0))
    assert all(STRUCTURED_LIST.fullmatch(value) for value in headers.values())
    work = re.findall(r'"work";r=(\d+)', headers["RateLimit"])[0]
    refusal = refuse(account)
    assert (int(work) == 0) == (refusal is not None and "Too much" in refusal.heading)
    assert int(work) <= 120_000
    if refusal and int(work) == 0:
        # Retry-After must not be earlier than what the header says.
        assert f'"work";r=0;t={refusal.retry_seconds},' in headers["RateLimit"]


@pytest.mark.unit
def test_a_reader_of_whom_nothing_is_known_has_all() -> None:
    budget = ReaderLimits(total=5).measure("ann", BOUNDS)
    assert make_headers(budget) == {
        "RateLimit-Policy": POLICY,
        "RateLimit": '"work";r=120000, "concurrent";r=4',
    }


@pytest.mark.unit
def test_a_limit_without_work_says_nothing_of_it() -> None:
    budget = ReaderLimits(total=5).measure("ann", Bounds("one token", 2, 0, 0.0))
    assert make_headers(budget) == {
        "RateLimit-Policy": '"concurrent";q=2;qu="concurrent-requests"',
        "RateLimit": '"concurrent";r=2',
    }


def ask(path: str, **headers: str) -> Any:
    return Client().get(path, headers=headers)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"),
    [("deals/", 200), ("deals/?format=csv", 200), ("deals/1/", 404), ("deals/?nonsense=1", 400), ("x/", 404)],
)
def test_each_answer_to_a_token_says_what_is_left(path: str, status: int) -> None:
    answer = ask(f"/api/v1/{path}", authorization=authorization_header())
    assert answer.status_code == status
    answer.close()
    assert answer["RateLimit-Policy"] == POLICY
    assert re.fullmatch(r'"work";r=1[12]\d{4};t=1, "concurrent";r=4', answer["RateLimit"])


@pytest.mark.django_db
def test_a_session_is_told_too_and_nobody_else() -> None:
    client = log_in_staff()
    client.get("/api/v1/deals/")
    assert client.get("/api/v1/deals/")["RateLimit-Policy"] == POLICY
    assert not client.get("/admin/").has_header("RateLimit")
    anonymous = ask("/api/v1/deals/")
    assert (anonymous.status_code, anonymous.has_header("RateLimit")) == (401, False)


@pytest.mark.django_db
def test_who_has_used_up_his_budget_is_told_when_there_is_more() -> None:
    header = authorization_header()
    assert ask("/api/v1/deals/", authorization=header).status_code == 200
    (key,) = [key for key in reader_limits._accounts if key.startswith("token:")][-1:]
    account = reader_limits._accounts[key]
    account.full_at = reader_limits._clock() + 90
    try:
        answer = ask("/api/v1/deals/", authorization=header)
    finally:
        del reader_limits._accounts[key]
    assert answer.status_code == 429
    wait = int(answer["Retry-After"])
    assert 30 <= wait <= 31
    assert answer["RateLimit"] == f'"work";r=0;t={wait}, "concurrent";r=4'


def test_the_policy_is_that_of_the_settings() -> None:
    work = READER_BOUNDS.work
    assert work is not None
    assert (READER_BOUNDS.running, work.count) == (settings.REQUESTS_PER_READER, settings.READER_SECONDS)
