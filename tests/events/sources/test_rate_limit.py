"""The limits of a source: its rate limit, and its allowed networks."""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import override_settings

from crmmirror.lib.token_bucket import Limit, consume, delete_full_buckets, refund
from events import signatures
from events.models import Event, Source, TokenBucket
from tests.support.ports import HOST
from tests.support.vendor_requests import BODY, deliver, delivery_path, new_source, post
from tests.support.web_server import WebServer, run_web_server


@pytest.fixture
def source(db: None) -> Source:
    """Create a source whose address is its only secret."""
    return new_source("none")[0]


def update(source: Source, **fields: Any) -> None:
    Source.objects.filter(pk=source.pk).update(**fields)


def numbered_body(number: int) -> bytes:
    """Return a body that makes an event of its own."""
    return BODY + b" " * number


def refill(seconds: float) -> None:
    """Refill all token buckets, as if that much time had passed."""
    TokenBucket.objects.update(full_at=F("full_at") - timedelta(seconds=seconds))


def test_there_is_no_limit_unless_set(source: Source) -> None:
    assert {post(source, numbered_body(number)).status_code for number in range(50)} == {202}
    assert not TokenBucket.objects.exists()


def test_as_many_deliveries_as_the_limit_are_accepted_at_once(source: Source) -> None:
    update(source, rate_limit=7, rate_period="minute")
    statuses = [post(source, numbered_body(number)).status_code for number in range(10)]
    assert statuses == [202] * 7 + [429] * 3
    assert Event.objects.count() == 7


def test_a_delivery_over_the_limit_is_answered_with_when_to_retry(source: Source) -> None:
    update(source, rate_limit=2, rate_period="minute")
    for number in range(2):
        post(source, numbered_body(number))
    answer = post(source, numbered_body(3))
    assert (answer.status_code, answer["Content-Type"]) == (429, "application/problem+json")
    assert answer.json()["type"] == "urn:crmmirror:problem:rate"
    assert 28 <= int(answer["Retry-After"]) <= 30
    refill(int(answer["Retry-After"]))
    assert post(source, numbered_body(3)).status_code == 202
    assert post(source, numbered_body(4)).status_code == 429


def test_a_limit_that_is_used_up_refuses_without_reading_the_body_or_writing(
    source: Source, django_assert_num_queries: Any
) -> None:
    update(source, rate_limit=1, rate_period="minute")
    post(source, BODY)
    with django_assert_num_queries(1):
        assert post(source, b"x" * 10, CONTENT_LENGTH="not read").status_code == 429


def test_a_limit_costs_an_accepted_delivery_one_statement(source: Source, sent_statements: list[Any]) -> None:
    update(source, rate_limit=100)
    post(source, BODY)
    sent_statements.clear()
    assert post(source, numbered_body(1)).status_code == 202
    assert len(sent_statements) == 3


@pytest.mark.django_db
def test_strangers_do_not_use_up_the_limit_of_a_source() -> None:
    source, secret = new_source()
    update(source, rate_limit=1, rate_period="minute")
    for _ in range(5):
        assert post(source, BODY).status_code == 401
    assert deliver(source, secret).status_code == 202


def test_sources_have_limits_of_their_own(source: Source) -> None:
    other, _ = new_source("none", slug="other")
    Source.objects.update(rate_limit=1, rate_period="minute")
    assert [post(one, BODY).status_code for one in (source, source, other, other)] == [202, 429, 202, 429]


@pytest.mark.django_db
def test_a_refunded_unit_can_be_consumed_again() -> None:
    limit = Limit(2, 3600)
    assert [consume("one", limit) > 0 for _ in range(3)] == [False, False, True]
    refund("one", limit)
    assert [consume("one", limit) > 0 for _ in range(2)] == [False, True]
    assert consume("another", limit) == 0


@pytest.mark.django_db
def test_full_buckets_are_deleted() -> None:
    consume("old", Limit(1, 10))
    refill(11)
    consume("new", Limit(1, 10))
    delete_full_buckets()
    assert [row.key for row in TokenBucket.objects.all()] == ["new"]


@pytest.mark.django_db
def test_token_buckets_cost_no_write_ahead_log() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE oid = 'events_tokenbucket'::regclass")
        assert cursor.fetchone() == ("u",)


def deliver_to(web: WebServer, path: str, body: bytes) -> int:
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    return web.exchange(head.encode() + body)[0]


@pytest.mark.django_db(transaction=True)
def test_several_processes_share_a_limit_exactly(tmp_path: Path) -> None:
    source, _ = new_source("none")
    update(source, rate_limit=20, rate_period="minute")
    directories = [tmp_path / name for name in "ab"]
    with ExitStack() as stack, ThreadPoolExecutor(16) as pool:
        for directory in directories:
            directory.mkdir()
        webs = [stack.enter_context(run_web_server(directory)) for directory in directories]
        deliveries = [(webs[n % 2], delivery_path(source), numbered_body(n)) for n in range(60)]
        began = time.monotonic()
        statuses = Counter(pool.map(deliver_to, *zip(*deliveries, strict=True)))
        refilled = (time.monotonic() - began) / 3
    assert set(statuses) == {202, 429}
    assert 20 <= statuses[202] <= 20 + refilled + 1
    assert Event.objects.count() == statuses[202]


LISTS = [
    ("", "203.0.113.9", True),
    ("203.0.113.0/24", "203.0.113.9", True),
    ("203.0.113.0/24", "203.0.114.9", False),
    ("203.0.113.9", "203.0.113.9", True),
    ("203.0.113.9", "203.0.113.10", False),
    ("10.0.0.0/8\n203.0.113.0/24, 2001:db8::/32", "203.0.113.9", True),
    ("10.0.0.0/8\n203.0.113.0/24, 2001:db8::/32", "2001:db8::1", True),
    ("2001:db8::/32", "2001:db9::1", False),
    ("2001:db8::/32", "203.0.113.9", False),
    ("203.0.113.0/24", "::ffff:203.0.113.9", True),
    ("203.0.113.0/24", "::FFFF:CB00:7109", True),
    ("::ffff:203.0.113.0/120", "203.0.113.9", True),
    ("::ffff:203.0.113.0/120", "203.0.114.9", False),
    ("0.0.0.0/0", "203.0.113.9", True),
    ("0.0.0.0/0", "2001:db8::1", False),
    ("fe80::/10", "fe80::1%eth0", True),
    ("203.0.113.0/24", "", False),
    ("203.0.113.0/24", "unix:/run/web.sock", False),
    ("203.0.113.0/24", "203.0.113.9.example", False),
]


@pytest.mark.parametrize(("allowed", "remote", "is_accepted"), LISTS)
def test_deliveries_are_accepted_only_from_the_networks_of_a_source(
    allowed: str, remote: str, is_accepted: bool, source: Source
) -> None:
    update(source, allowed_networks=allowed)
    answer = post(source, BODY, REMOTE_ADDR=remote)
    assert answer.status_code == (202 if is_accepted else 403)
    if not is_accepted:
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:crmmirror:problem:network"
        assert not Event.objects.exists()


@pytest.mark.parametrize("forwarded", ["203.0.113.9", "203.0.113.9, 203.0.113.9"])
def test_without_a_proxy_the_forwarded_address_is_ignored(forwarded: str, source: Source) -> None:
    update(source, allowed_networks="203.0.113.0/24")
    assert post(source, BODY, {"X-Forwarded-For": forwarded}).status_code == 403


@override_settings(BEHIND_PROXY=True)
@pytest.mark.parametrize(
    ("forwarded", "status"),
    [
        ("203.0.113.9", 202),
        ("10.0.0.1, 203.0.113.9", 202),
        ("203.0.113.9:4711", 202),
        ("[2001:db8::1]:4711", 202),
        ("[2001:db8::1]", 202),
        ("::ffff:203.0.113.9", 202),
        ("203.0.113.9, 10.0.0.1", 403),
        ("203.0.113.9,", 403),
        ("unknown", 403),
        ("", 403),
        ("203.0.113.9" * 10_000, 403),
    ],
    ids=lambda value: str(value)[:40],
)
def test_behind_a_proxy_the_last_forwarded_address_counts(
    forwarded: str, status: int, source: Source
) -> None:
    update(source, allowed_networks="203.0.113.0/24 2001:db8::/32")
    answer = post(source, BODY, {"X-Forwarded-For": forwarded}, REMOTE_ADDR="203.0.113.9")
    assert answer.status_code == status


@override_settings(BEHIND_PROXY=True)
def test_behind_a_proxy_a_delivery_without_a_forwarded_address_is_refused(source: Source) -> None:
    update(source, allowed_networks="203.0.113.0/24")
    assert post(source, BODY, REMOTE_ADDR="203.0.113.9").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_the_address_of_a_real_connection_counts(tmp_path: Path) -> None:
    source, secret = new_source()
    update(source, allowed_networks="127.0.0.0/8")
    signed = "".join(f"{name}: {value}\r\n" for name, value in signatures.sign(source, secret, BODY).items())
    head = f"POST {delivery_path(source)} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n{signed}"
    request = f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY
    with run_web_server(tmp_path) as web:
        assert web.exchange(request)[0] == 202
        update(source, allowed_networks="203.0.113.0/24")
        status, answer = web.exchange(request)
    assert (status, json.loads(answer)["status"]) == (403, 403)
