"""The answers that depend on the web server: bodies that are chunked, too long, or cut short."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles

import pytest

from events import signatures
from events.models import Event, Source
from tests.support.ports import HOST, free_port
from tests.support.vendor_requests import BODY, build_head, delivery_path, new_source
from tests.support.web_server import WebServer, run_web_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("wait_for_idle_sessions")]


def chunk(part: bytes) -> bytes:
    return f"{len(part):x}\r\n".encode() + part + b"\r\n"


def bodies() -> list[bytes]:
    return [bytes(body) for body in Event.objects.values_list("body", flat=True)]


def test_a_chunked_body_is_stored_whole(web: WebServer, open_source: Source) -> None:
    chunks = [chunk(BODY[:10]), chunk(BODY[10:11]), chunk(BODY[11:]), b"0\r\n\r\n"]
    status, answer = web.exchange(build_head(open_source, "Transfer-Encoding: chunked"), *chunks, pause=0.02)
    assert (status, json.loads(answer)["status"]) == (202, "accepted")
    assert bodies() == [BODY]


def test_a_large_chunked_body_is_stored_whole(web: WebServer, open_source: Source) -> None:
    padding = "x" * (open_source.max_body_bytes - len(BODY) - 20)
    body = json.dumps(json.loads(BODY) | {"padding": padding}).encode()
    chunks = [chunk(body[start : start + 8000]) for start in range(0, len(body), 8000)]
    status, answer = web.exchange(
        build_head(open_source, "Transfer-Encoding: chunked"), *chunks, b"0\r\n\r\n"
    )
    assert (status, json.loads(answer)["status"]) == (202, "accepted")
    assert bodies() == [body]


def test_a_signed_chunked_body_is_authentic(web: WebServer) -> None:
    source, secret = new_source()
    signed = [f"{name}: {value}" for name, value in signatures.sign(source, secret, BODY).items()]
    request = build_head(source, "Transfer-Encoding: chunked", *signed) + chunk(BODY) + b"0\r\n\r\n"
    assert web.exchange(request)[0] == 202


def test_a_chunked_body_over_the_limit_is_too_large(web: WebServer, open_source: Source) -> None:
    Source.objects.update(max_body_bytes=100)
    chunks = [chunk(b" " * 60), chunk(b" " * 60), b"0\r\n\r\n"]
    status, answer = web.exchange(build_head(open_source, "Transfer-Encoding: chunked"), *chunks)
    assert (status, json.loads(answer)["status"]) == (413, 413)
    assert bodies() == []


def test_an_announced_body_over_the_limit_is_refused_before_it_is_sent(
    web: WebServer, open_source: Source
) -> None:
    status, answer = web.exchange(build_head(open_source, "Content-Length: 100000000"))
    assert (status, json.loads(answer)["status"]) == (413, 413)


def test_a_body_that_ends_before_its_content_length_is_refused(web: WebServer, open_source: Source) -> None:
    status, answer = web.exchange(
        build_head(open_source, f"Content-Length: {len(BODY) + 1}"), BODY, hang_up=True
    )
    assert (status, json.loads(answer)["status"]) == (400, 400)
    assert bodies() == []


def test_nothing_is_stored_if_the_sender_closes_the_connection_early(
    web: WebServer, open_source: Source
) -> None:
    with socket.create_connection((HOST, web.port)) as sock:
        sock.sendall(build_head(open_source, f"Content-Length: {len(BODY)}") + BODY[:5])
    assert web.exchange(build_head(open_source, f"Content-Length: {len(BODY)}") + BODY)[0] == 202
    assert bodies() == [BODY]


def test_an_empty_body_is_refused(web: WebServer, open_source: Source) -> None:
    for headers in (["Content-Length: 0"], [], ["Transfer-Encoding: chunked"]):
        ending = b"0\r\n\r\n" if "Transfer-Encoding: chunked" in headers else b""
        assert web.exchange(build_head(open_source, *headers) + ending)[0] == 400


@pytest.mark.parametrize(
    "headers",
    [
        [b"Webhook-Signature: \xff\xfe", b"Webhook-Id: \xe9", b"Webhook-Timestamp: \x80"],
        [b"Webhook-Signature: v1,a", b"Webhook-Signature: v1,b", b"Webhook-Id: x", b"Webhook-Timestamp: 1"],
        [b"Webhook-Signature: " + b"v1,a " * 5000, b"Webhook-Id: x", b"Webhook-Timestamp: 9" + b"9" * 5000],
        [b"Webhook-Signature:", b"Webhook-Id:", b"Webhook-Timestamp:"],
    ],
    ids=["bytes beyond ASCII", "repeated", "huge", "empty"],
)
def test_odd_signature_headers_are_refused(web: WebServer, headers: list[bytes]) -> None:
    source, _ = new_source()
    lines = build_head(source, f"Content-Length: {len(BODY)}")[:-2] + b"\r\n".join(headers) + b"\r\n\r\n"
    assert web.exchange(lines + BODY)[0] == 401
    assert bodies() == []


def test_events_delivered_at_once_are_stored_once(web: WebServer, open_source: Source) -> None:
    request = build_head(open_source, f"Content-Length: {len(BODY)}") + BODY
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: web.exchange(request)[0], range(24)))
    assert sorted(set(statuses)) == [200, 202]
    assert statuses.count(202) == 1
    assert bodies() == [BODY]


def test_deliveries_with_a_rate_limit_hold_no_connection_that_others_wait_for(
    open_source: Source, tmp_path: Path
) -> None:
    limited = new_source("none", "limited")[0]
    Source.objects.filter(pk=limited.pk).update(rate_limit=100_000, rate_period="minute")

    def deliver(number: int) -> int:
        body = BODY.replace(b"ld_1", b"ld_%d" % number)
        return web.exchange(
            build_head((open_source, limited)[number % 2], f"Content-Length: {len(body)}") + body
        )[0]

    with (
        run_web_server(tmp_path, {"DELIVERY_CONNECTIONS": "1"}) as web,
        ThreadPoolExecutor(32) as pool,
    ):
        assert set(pool.map(deliver, range(200))) == {202}


def test_the_sender_is_soon_asked_to_try_again_if_the_database_is_away(
    open_source: Source, tmp_path: Path
) -> None:
    nowhere = f"postgresql://postgres@{HOST}:{free_port()}/mirror"
    with (
        run_web_server(tmp_path, {"DATABASE_URL": nowhere}) as web,
        closing(HTTPConnection(HOST, web.port)) as connection,
    ):
        started = time.monotonic()
        connection.request("POST", delivery_path(open_source), BODY)
        response = connection.getresponse()
        assert time.monotonic() - started < 5
        assert response.status == 503
        assert int(response.headers["Retry-After"]) > 0
        assert json.loads(response.read())["status"] == 503


def silent_server() -> socket.socket:
    """Return a server that accepts connections and never answers."""
    return socket.create_server((HOST, 0), backlog=128)


@pytest.mark.parametrize("broker", ["gone", "silent"])
def test_a_broker_that_is_away_does_not_delay_the_answer(
    broker: str, open_source: Source, tmp_path: Path
) -> None:
    with silent_server() as silent:
        port = free_port() if broker == "gone" else silent.getsockname()[1]
        with run_web_server(tmp_path, {"BROKER_URL": f"redis://{HOST}:{port}/0"}) as web:
            with closing(HTTPConnection(HOST, web.port)) as connection:
                durations = [timed_delivery(connection, open_source, number) for number in range(60)]
                wait_for_line(web.log, "broker_away")
                durations += [timed_delivery(connection, open_source, number) for number in range(60, 80)]
            log = web.log.read_text()
    assert quantiles(durations, n=10)[-1] < 0.5
    assert Event.objects.filter(status="pending").count() == 80
    assert log.count("broker_away") == 1


def wait_for_line(log: Path, word: str) -> None:
    deadline = time.monotonic() + 10
    while word not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)


def timed_delivery(connection: HTTPConnection, source: Source, number: int) -> float:
    started = time.monotonic()
    connection.request("POST", delivery_path(source), BODY.replace(b"ld_1", b"ld_%d" % number))
    response = connection.getresponse()
    response.read()
    assert response.status == 202
    return time.monotonic() - started


def test_a_delivery_wakes_a_worker_through_the_broker(web: WebServer, open_source: Source) -> None:
    from celery import current_app

    with current_app.connection_for_read() as connection:
        queue = current_app.amqp.router.route({}, "events.tasks.drain")["queue"].bind(connection.channel())
        queue.declare()
        queue.purge()
        assert web.exchange(build_head(open_source, f"Content-Length: {len(BODY)}") + BODY)[0] == 202
        deadline = time.monotonic() + 10
        while (message := queue.get()) is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert message is not None
        assert message.headers["task"] == "events.tasks.drain"
        message.ack()
