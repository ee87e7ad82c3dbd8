"""Hostile requests to a real web server with a real worker: chunks, encodings, slow and short bodies, and
headers that no client library would send."""

import gzip
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

import pytest

from crmmirror.embedded.processes import process
from crmmirror.embedded.processes.process import start_process, stop_process
from entities.vendors import all_vendors
from events import signatures
from events.models import Event, Source
from events.rebuild.verification import compare_with_log
from tests.support import hostile_bodies, hostile_headers
from tests.support.hostile_verdicts import assert_no_harm_done, build_good_body
from tests.support.paths import PROJECT
from tests.support.ports import HOST
from tests.support.run_summary import COUNTS
from tests.support.vendor_requests import BODY, delivery_path, new_source
from tests.support.web_server import WebServer, database_url, run_web_server

pytestmark = pytest.mark.django_db(transaction=True)

CLOSED = 0
"""Stands for a status if the server closes the connection without an answer."""

CONTINUE = 100
STORED, REFUSED = {200, 202}, {400, 401, 413, 415, 431}
CHUNKED = b"Transfer-Encoding: chunked"
serial = count(1)


@pytest.fixture(scope="module")
def web(
    django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebServer]:
    directory = tmp_path_factory.mktemp("hostile")
    worker = worker_program(directory)
    with run_web_server(directory) as server:
        child = start_process(worker)
        try:
            yield server
            assert child.poll() is None, "the worker has ended"
        finally:
            stop_process(child, worker.stop_signals)
    for log in (server.log, worker.log):
        assert "Traceback" not in log.read_text(errors="replace")
        assert "panicked" not in log.read_text(errors="replace")


def worker_program(directory: Path) -> process.Program:
    options = ("--concurrency", "1", "--without-gossip", "--without-mingle")
    return process.Program(
        "worker",
        (sys.executable, "-m", "celery", "--app", "crmmirror", "worker", *options),
        directory / "worker.log",
        {"DATABASE_URL": database_url()},
        PROJECT,
    )


@dataclass(frozen=True)
class Exchange:
    """The parts that are sent one after another, and the statuses that are right."""

    parts: Sequence[bytes]
    right: set[int]
    pause: float = 0.0
    hang_up: bool = False


@dataclass(frozen=True)
class Sender:
    """A sender that knows a source's secret, and writes its requests by hand."""

    source: Source
    secret: str

    def signed(self, body: bytes) -> list[bytes]:
        headers = signatures.sign(self.source, self.secret, body)
        return [f"{name}: {value}".encode() for name, value in headers.items()]

    def head(self, *lines: bytes) -> bytes:
        start = (
            f"POST {delivery_path(self.source)} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n".encode()
        )
        return start + b"".join(line + b"\r\n" for line in lines) + b"\r\n"

    def request(self, body: bytes, *lines: bytes) -> bytes:
        """Return a signed request with these additional header lines."""
        return self.head(length(body), *self.signed(body), *lines) + body


def length(body: bytes) -> bytes:
    return b"Content-Length: %d" % len(body)


def chunks(body: bytes, size: int) -> list[bytes]:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return [*(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces), b"0\r\n\r\n"]


def chunked(sender: Sender) -> Iterator[Exchange]:
    yield Exchange([sender.head(CHUNKED, *sender.signed(BODY)), *chunks(BODY, 1)], {202})
    for body in sample_bodies():
        yield Exchange([sender.head(CHUNKED, *sender.signed(body)), *chunks(body, 7000)], STORED)


def sample_bodies() -> Iterator[bytes]:
    """Yield a few bodies of every class and vendor; all are sent to one vendor's source."""
    for make_bodies in hostile_bodies.BODIES.values():
        yield from chain.from_iterable(list(make_bodies(vendor))[::60] for vendor in all_vendors().values())


def wrong_chunks(sender: Sender) -> Iterator[Exchange]:
    begun = sender.head(CHUNKED, *sender.signed(BODY))
    for text in (
        b"5\r\nabc",
        b"ZZ\r\n",
        b"-1\r\nabc\r\n",
        b"f" * 17 + b"\r\n",
        b"\r\n",
        b"3\r\nabcdef\r\n0\r\n\r\n",
    ):
        yield Exchange([begun, text], REFUSED | {CLOSED}, hang_up=True)
    yield Exchange([begun, *chunks(BODY, 20)[:-2]], REFUSED | {CLOSED}, hang_up=True)
    yield Exchange([begun, b"5;" + b"x" * 60_000 + b"\r\n"], REFUSED | {CLOSED}, hang_up=True)
    trailer = b"0\r\nX-Trailer: \xff\r\n\r\n"
    yield Exchange([begun, *chunks(BODY, 20)[:-1], trailer], STORED | REFUSED | {CLOSED})


def gzipped(sender: Sender) -> Iterator[Exchange]:
    body = gzip.compress(BODY)
    for encoding in (b"gzip", b"GZIP", b"deflate, gzip", b"x" * 60_000):
        yield Exchange([sender.request(body, b"Content-Encoding: " + encoding)], {415, 431})
    yield Exchange([sender.request(body)], {202})
    yield Exchange([sender.request(gzip.compress(b"[" * 1_000_000))], {202})


def slow(sender: Sender) -> Iterator[Exchange]:
    whole = sender.request(BODY)
    step = len(whole) // 6 + 1
    yield Exchange([whole[start : start + step] for start in range(0, len(whole), step)], {202}, pause=0.3)
    body = BODY + b" "
    begun = sender.head(CHUNKED, *sender.signed(body))
    yield Exchange([begun, *chunks(body, 30)], {202}, pause=0.2)


def short(sender: Sender) -> Iterator[Exchange]:
    whole = sender.request(BODY)
    yield from (Exchange([whole[:-cut]], {400, CLOSED}, hang_up=True) for cut in (1, 50, len(BODY)))
    yield Exchange([sender.head(b"Content-Length: 0", *sender.signed(b""))], {400})
    yield Exchange([sender.head(*sender.signed(BODY))], {400})


def wrong_lengths(sender: Sender) -> Iterator[Exchange]:
    signed = sender.signed(BODY)
    for value in (b"-1", b"x", b"9" * 30, b"1e3", b"0x10", b"\xb2", b"5, 5", b"18446744073709551615"):
        yield Exchange(
            [sender.head(b"Content-Length: " + value, *signed), BODY], REFUSED | {CLOSED}, hang_up=True
        )
    twice = (length(BODY), b"Content-Length: 7")
    yield Exchange([sender.head(*twice, *signed), BODY], REFUSED | {CLOSED}, hang_up=True)
    both = sender.head(length(BODY), CHUNKED, *signed)
    yield Exchange([both, *chunks(BODY, 9)], STORED | REFUSED | {CLOSED}, hang_up=True)
    odd = sender.head(b"Transfer-Encoding: gzip, x", *signed)
    yield Exchange([odd, BODY], REFUSED | {CLOSED}, hang_up=True)


def repeated_signatures(sender: Sender) -> Iterator[Exchange]:
    right = sender.signed(BODY)
    wrong = [line.split(b":")[0] + b": v1,AAAA" for line in right]
    for lines in (right + wrong, wrong + right, right + right, wrong + wrong, wrong * 10 + right):
        yield Exchange([sender.head(length(BODY), *lines) + BODY], STORED | {401})


def malformed_signatures(sender: Sender) -> Iterator[Exchange]:
    right = signatures.sign(sender.source, sender.secret, BODY)
    for malform in hostile_headers.MALFORMATIONS.values():
        for broken in right:
            values = right | {broken: malform(right[broken])}
            lines = [name.encode() + b": " + value.encode("latin-1") for name, value in values.items()]
            yield Exchange([sender.head(length(BODY), *lines) + BODY], {400, 401, 431})


def odd_headers(sender: Sender) -> Iterator[Exchange]:
    """Yield requests with long or many headers, bytes beyond ASCII, folded lines, and invalid names."""
    for line in (
        b"User-Agent: " + b"x" * 60_000,
        b"X-Odd: " + b"\xff" * 60_000,
        b"Content-Encoding: \xff",
        b"User-Agent: \x80\xff\xfe \xc3\xa9",
        b"Cookie: " + b"a=b; " * 12_000,
        b"Host: \xff\xff",
        b"Content-Type: \xff; charset=\xfe",
        b"Content-Type: application/json; charset=utf-16",
        b"Expect: 100-continue",
        b"Expect: \xff",
        b"Upgrade: h2c\r\nConnection: Upgrade",
        b"X-Odd: a\x00b",
        b"X-Odd: a\r\n folded",
        b"X-Odd\xff: a",
        b"X Odd : a",
        b": a",
        b"no colon",
        b"\r\n".join(b"X-%d: a" % number for number in range(1000)),
    ):
        yield Exchange([sender.request(BODY, line)], STORED | REFUSED | {CLOSED})


def not_http(sender: Sender) -> Iterator[Exchange]:
    for text in (
        b"\x00" * 100,
        b"\x16\x03\x01\x02\x00",
        b"GET\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"\r\n" * 50,
    ):
        yield Exchange([text], {400, CLOSED}, hang_up=True)
    yield Exchange([b"POST /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n"], {400, 404, 414, CLOSED}, hang_up=True)
    yield Exchange([b"POST /webhooks/\xff\x80 HTTP/1.1\r\nHost: x\r\n\r\n"], {400, 404, CLOSED}, hang_up=True)


REQUESTS: dict[str, Callable[[Sender], Iterator[Exchange]]] = {
    "chunked": chunked,
    "wrong chunks": wrong_chunks,
    "gzip": gzipped,
    "slow": slow,
    "short": short,
    "wrong lengths": wrong_lengths,
    "repeated signature headers": repeated_signatures,
    "malformed signature headers": malformed_signatures,
    "long, many and raw headers": odd_headers,
    "not HTTP": not_http,
}


def exchange(web: WebServer, sent: Exchange) -> int:
    """Send and return the status, or CLOSED."""
    COUNTS["requests"] += 1
    try:
        status, rest = web.exchange(*sent.parts, pause=sent.pause, hang_up=sent.hang_up)
    except TimeoutError:
        raise
    except (IndexError, OSError):
        return CLOSED
    if status == CONTINUE:
        status = int(rest.split()[1])
    COUNTS["5xx"] += status >= 500
    COUNTS["stored"] += status == 202
    return status


def seconds_to_apply(web: WebServer, sender: Sender) -> float:
    """Deliver a good event; return the seconds from its receipt until it was applied."""
    body = build_good_body(sender.source, f"wire_{next(serial)}")
    assert exchange(web, Exchange([sender.request(body)], {202})) == 202
    wait_until_settled()
    event = Event.objects.get(body=body)
    assert event.status == Event.Status.APPLIED
    assert event.settled_at is not None
    return (event.settled_at - event.received_at).total_seconds()


def wait_until_settled(seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while Event.objects.filter(status=Event.Status.PENDING).exists() and time.monotonic() < deadline:
        time.sleep(0.02)


@pytest.fixture
def sender(web: WebServer) -> Sender:
    """Return a sender after the worker has applied an event, so that it is known to run."""
    sender = Sender(*new_source())
    seconds_to_apply(web, sender)
    return sender


@pytest.mark.parametrize("name", REQUESTS)
def test_hostile_requests_are_answered_and_block_nothing(name: str, web: WebServer, sender: Sender) -> None:
    for sent in REQUESTS[name](sender):
        assert exchange(web, sent) in sent.right, [part[:300] for part in sent.parts[:3]]
    assert any(seconds_to_apply(web, sender) < 1 for _ in range(3))
    assert_no_harm_done()


def test_a_good_event_in_a_flood_of_hostile_ones_is_applied_within_a_second(
    web: WebServer, sender: Sender
) -> None:
    flood = list(sample_bodies())
    with ThreadPoolExecutor(3) as pool:
        statuses = pool.map(lambda body: exchange(web, Exchange([sender.request(body)], STORED)), flood)
        durations = [seconds_to_apply(web, sender) for _ in range(5)]
    assert set(statuses) <= STORED
    wait_until_settled()
    assert_no_harm_done()
    assert min(durations) < 1, durations
    verified = compare_with_log(lambda events: None, limit=5)
    assert verified.rows == 0, verified.differences
