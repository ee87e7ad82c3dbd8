"""Refused deliveries: all are counted, some are kept as samples, whatever strangers send."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.test import override_settings

from events import signatures
from events.models import Event, Refusal, RefusalCount, Source
from events.refusals import refusal_buffer
from events.refusals.reasons import RefusalReason, Refused
from events.refusals.recorder import buffer, record_refusal, write_buffer
from events.refusals.refusal_buffer import MAX_SAMPLES_A_MINUTE
from events.refusals.refusal_writer import COUNT_RETENTION, MAX_STORED_SAMPLES
from tests.support.ports import HOST
from tests.support.vendor_requests import BODY, UNKNOWN_ADDRESS, client, delivery_path, new_source, post
from tests.support.web_server import WebServer, run_web_server


@pytest.fixture(autouse=True)
def set_minute(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Keep the minute the same throughout a test, unless the test calls this with another."""

    def set_to(number: int) -> None:
        monkeypatch.setattr(refusal_buffer, "current_minute", lambda: number)

    set_to(1)
    return set_to


def counts() -> dict[tuple[str, str], int]:
    """Return (slug or empty, reason) -> number of refusals, in all hours."""
    totals: Counter[tuple[str, str]] = Counter()
    for slug, reason, count in RefusalCount.objects.values_list("source__slug", "reason", "count"):
        totals[slug or "", reason] += count
    return totals


def sign_an_hour_ago(source: Source, secret: str) -> dict[str, str]:
    return signatures.sign(source, secret, BODY, at=int(time.time()) - 3600)


def update(source: Source, **fields: Any) -> None:
    Source.objects.filter(pk=source.pk).update(**fields)


def post_from_elsewhere(source: Source, secret: str) -> None:
    update(source, allowed_networks="192.0.2.0/24")
    post(source, BODY)


def post_too_often(source: Source, secret: str) -> None:
    update(source, rate_limit=1, rate_period="minute")
    for number in range(2):
        body = BODY + b" " * number
        post(source, body, signatures.sign(source, secret, body))


REFUSALS: dict[RefusalReason, Callable[[Source, str], Any]] = {
    RefusalReason.METHOD: lambda source, secret: client.get(delivery_path(source)),
    RefusalReason.UNKNOWN_SOURCE: lambda source, secret: client.post(f"/webhooks/{uuid4()}/"),
    RefusalReason.ENCODING: lambda source, secret: post(source, BODY, {"Content-Encoding": "gzip"}),
    RefusalReason.SIZE: lambda source, secret: post(source, b" " * (source.max_body_bytes + 1)),
    RefusalReason.SHORT_BODY: lambda source, secret: post(source, b""),
    RefusalReason.SIGNATURE: lambda source, secret: post(source, BODY),
    RefusalReason.TIMESTAMP: lambda source, secret: post(source, BODY, sign_an_hour_ago(source, secret)),
    RefusalReason.NETWORK: post_from_elsewhere,
    RefusalReason.RATE: post_too_often,
}
SOURCELESS = {RefusalReason.METHOD, RefusalReason.UNKNOWN_SOURCE}


@pytest.mark.django_db
@pytest.mark.parametrize("reason", REFUSALS)
def test_a_refusal_is_counted_and_kept_with_its_reason(reason: RefusalReason) -> None:
    source, secret = new_source()
    before = datetime.now(UTC)
    REFUSALS[reason](source, secret)
    write_buffer()
    slug = "" if reason in SOURCELESS else "acme"
    assert counts() == {(slug, reason.value): 1}
    kept = Refusal.objects.get()
    assert (kept.source.slug if kept.source else "", kept.reason) == (slug, reason)
    assert kept.remote_address == "127.0.0.1"
    assert before <= kept.refused_at <= datetime.now(UTC)
    assert kept.detail


def test_every_reason_to_refuse_has_a_test_here() -> None:
    assert set(REFUSALS) | {RefusalReason.UNAVAILABLE} == set(RefusalReason)


@pytest.mark.django_db
def test_a_sample_has_the_size_and_never_the_body_the_headers_or_the_path() -> None:
    source, _ = new_source()
    headers = {"webhook-signature": "v1,hidden-mark", "User-Agent": "hidden-mark", "Cookie": "hidden-mark"}
    post(source, b"hidden-mark", headers)
    client.post(f"/webhooks/{source.uuid}/hidden-mark", b"hidden-mark", content_type="text/plain")
    write_buffer()
    for table in (Refusal, RefusalCount):
        content = str(list(table._default_manager.values()))
        assert "hidden-mark" not in content
        assert str(source.uuid) not in content
    assert set(Refusal.objects.values_list("size", flat=True)) == {len(b"hidden-mark")}


@pytest.mark.django_db
@pytest.mark.parametrize("length", ["x", "-1", "9" * 19, "٣", ""])
def test_a_size_that_is_not_a_number_is_unknown(length: str) -> None:
    client.generic("POST", UNKNOWN_ADDRESS, CONTENT_LENGTH=length)
    write_buffer()
    assert Refusal.objects.get().size is None


@pytest.mark.django_db
def test_a_refusal_writes_nothing_during_the_request(django_assert_num_queries: Any) -> None:
    source, _ = new_source()
    with django_assert_num_queries(1):
        post(source, BODY)
    with django_assert_num_queries(0):
        client.post(UNKNOWN_ADDRESS)
    assert not RefusalCount.objects.exists()


@pytest.mark.django_db
def test_all_refusals_of_a_flood_are_counted_and_some_are_sampled(django_assert_num_queries: Any) -> None:
    flood = 2000
    for _ in range(flood):
        client.post(UNKNOWN_ADDRESS)
    with django_assert_num_queries(6):  # Two of these begin and end the transaction.
        write_buffer()
    assert counts() == {("", "unknown-source"): flood}
    assert Refusal.objects.count() == MAX_SAMPLES_A_MINUTE


@pytest.mark.django_db
def test_each_minute_has_samples_of_its_own(set_minute: Callable[[int], None]) -> None:
    for number in (1, 2):
        set_minute(number)
        for _ in range(20):
            client.post(UNKNOWN_ADDRESS)
    write_buffer()
    assert Refusal.objects.count() == 2 * MAX_SAMPLES_A_MINUTE


@pytest.mark.django_db
def test_a_flood_does_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(200):
        client.post(UNKNOWN_ADDRESS)
    assert len(caplog.records) == MAX_SAMPLES_A_MINUTE


@pytest.mark.django_db
def test_a_flood_of_one_reason_does_not_displace_the_samples_of_others() -> None:
    source, secret = new_source()
    other, _ = new_source(slug="other")
    for _ in range(50):
        post(source, BODY)
    post(source, BODY, sign_an_hour_ago(source, secret))
    post(other, BODY)
    write_buffer()
    kept = Refusal.objects.exclude(source=source, reason="signature").values_list("source__slug", "reason")
    assert set(kept) == {("acme", "timestamp"), ("other", "signature")}


@pytest.mark.django_db
def test_the_newest_samples_of_each_source_and_reason_are_kept() -> None:
    source, _ = new_source()
    rounds = MAX_STORED_SAMPLES // MAX_SAMPLES_A_MINUTE + 3
    post(source, b"")
    for _ in range(rounds):
        for _ in range(MAX_SAMPLES_A_MINUTE):
            client.post(UNKNOWN_ADDRESS)
        write_buffer()
        buffer._samples_of_minute.clear()  # As after a minute.
    unknown = Refusal.objects.filter(source=None)
    assert unknown.count() == MAX_STORED_SAMPLES
    newest = Refusal.objects.order_by("-id").values_list("id", flat=True)
    assert list(unknown.values_list("id", flat=True)) == list(newest[:MAX_STORED_SAMPLES])
    assert Refusal.objects.filter(source=source).count() == 1


@pytest.mark.django_db
def test_counts_of_an_hour_add_up_and_old_hours_are_deleted() -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    old, recent = hour - COUNT_RETENTION - timedelta(hours=1), hour - timedelta(hours=1)
    for moment in (old, recent):
        RefusalCount.objects.create(reason="unknown-source", hour=moment, count=7)
    for _ in range(3):
        client.post(UNKNOWN_ADDRESS)
        write_buffer()
    assert dict(RefusalCount.objects.values_list("hour", "count")) == {recent: 7, hour: 3}


@pytest.mark.django_db
def test_no_count_is_lost_while_the_database_is_away() -> None:
    def fail(*args: Any) -> None:
        raise OperationalError

    client.post(UNKNOWN_ADDRESS)
    for _ in range(3):
        with connection.execute_wrapper(lambda *args: fail()), pytest.raises(OperationalError):
            write_buffer()
        client.post(UNKNOWN_ADDRESS)
    write_buffer()
    assert counts() == {("", "unknown-source"): 4}
    assert Refusal.objects.count() == 4


@pytest.mark.django_db
def test_the_buffer_in_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal_buffer, "MAX_SAMPLES", 10)
    monkeypatch.setattr(refusal_buffer, "MAX_COUNTS", 20)
    for number in range(100):
        refused = Refused(RefusalReason.SIGNATURE, "x")
        refused.source_id = number + 1
        record_refusal(refused, {})
    assert len(buffer._samples) == 10
    assert len(buffer._counts) == 20


@pytest.mark.django_db
def test_a_source_that_was_deleted_does_not_block_the_others() -> None:
    source, _ = new_source()
    post(source, BODY)
    client.post(UNKNOWN_ADDRESS)
    source.delete()
    write_buffer()
    assert counts() == {("", "unknown-source"): 1}


@pytest.mark.django_db
@override_settings(BEHIND_PROXY=True)
@pytest.mark.parametrize(
    ("forwarded", "kept"), [("10.1.1.1, 203.0.113.9", "203.0.113.9"), ("fe80::1%eth0", "fe80::1")]
)
def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_added_without_its_zone(
    forwarded: str, kept: str
) -> None:
    client.post(UNKNOWN_ADDRESS, headers={"X-Forwarded-For": forwarded})
    write_buffer()
    assert Refusal.objects.get().remote_address == kept


def post_at(web: WebServer, path: str) -> int:
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    return web.exchange(head.encode())[0]


@pytest.mark.django_db(transaction=True)
def test_the_refusals_of_several_processes_add_up_within_seconds(tmp_path: Path) -> None:
    source, _ = new_source()
    with ExitStack() as stack:
        webs = [stack.enter_context(run_web_server(make_directory(tmp_path / name))) for name in "ab"]
        paths = [UNKNOWN_ADDRESS] * 30 + [delivery_path(source)] * 30
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(post_at, webs * 30, paths))
        assert sorted(set(answers)) == [400, 404]
        expected = {("", "unknown-source"): 30, ("acme", "short-body"): 30}
        deadline = time.monotonic() + 10
        while counts() != expected and time.monotonic() < deadline:
            time.sleep(0.1)
        assert counts() == expected
    assert not Event.objects.exists()
    # Two processes and two reasons; the test may run across two minutes.
    assert 0 < Refusal.objects.count() <= 2 * 2 * 2 * MAX_SAMPLES_A_MINUTE


def make_directory(directory: Path) -> Path:
    directory.mkdir()
    return directory
