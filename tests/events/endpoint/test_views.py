"""The answers of the webhook endpoint. Those that depend on the web server are in test_views_over_granian."""

import json
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import DataError, InterfaceError, InternalError, OperationalError, ProgrammingError, connection
from django.test import Client, override_settings

from events.ingest import store
from events.models import Event, Source
from events.monitoring.metrics import REFUSED_DELIVERIES
from tests.support.vendor_requests import (
    BODY,
    assert_refused,
    client,
    deliver,
    delivery_path,
    new_source,
    post,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def signing() -> tuple[Source, str]:
    return new_source()


def test_an_authentic_event_is_stored_and_accepted(signing: tuple[Source, str]) -> None:
    response = deliver(*signing)
    event = Event.objects.get()
    assert response.status_code == 202
    assert response["Content-Type"] == "application/json"
    assert response.json() == {"status": "accepted", "event": event.id}
    assert bytes(event.body) == BODY
    assert (event.source, event.status, event.event_type) == (signing[0], "pending", "lead.created")
    assert event.occurred_at.isoformat() == "2025-01-15T10:30:00+00:00"
    assert event.settled_at is None


def test_a_redelivery_is_a_duplicate_of_the_stored_event(signing: tuple[Source, str]) -> None:
    first = deliver(*signing)
    again = deliver(*signing)
    assert again.status_code == 200
    assert again.json() == {"status": "duplicate", "event": first.json()["event"]}
    assert Event.objects.count() == 1


def test_the_same_bytes_to_another_source_are_another_event(signing: tuple[Source, str]) -> None:
    other = new_source(slug="other")
    assert deliver(*signing).json()["event"] != deliver(*other).json()["event"]


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        b"{}",
        b'{"event": "lead.created"}',
        b"\xff\xfe\x00",
        b'{"event": "x", "payload": {"a": NaN}}',
        b"[" * 100_000,
        b"\x00",
    ],
    ids=lambda body: repr(body[:20]),
)
@pytest.mark.parametrize("scheme", ["standard-webhooks", "hmac-sha256", "token", "none"])
def test_an_authentic_body_that_is_not_an_envelope_is_stored_as_malformed(scheme: str, body: bytes) -> None:
    response = deliver(*new_source(scheme), body)
    event = Event.objects.get()
    assert response.status_code == 202
    assert response.json() == {"status": "malformed", "event": event.id, "detail": event.error}
    assert event.error
    assert bytes(event.body) == body
    assert event.status == "malformed"
    assert event.occurred_at == event.received_at == event.settled_at


def test_an_unsigned_event_is_refused(signing: tuple[Source, str]) -> None:
    assert_refused(post(signing[0], BODY), 401, "signature")


def test_a_refusal_is_counted_by_its_reason(signing: tuple[Source, str]) -> None:
    counter = REFUSED_DELIVERIES.labels(signing[0].slug, "signature")._value
    before = counter.get()
    post(signing[0], BODY)
    assert counter.get() == before + 1


def test_an_unknown_address_is_not_found() -> None:
    response = client.post(f"/webhooks/{uuid4()}/", BODY, content_type="application/json")
    assert_refused(response, 404, "unknown-source")


@pytest.mark.parametrize("path", ["", "x/", "x", "%ff%00/", "a/b/c", "00000000-0000-0000-0000-00000000000g/"])
def test_an_address_that_is_not_a_uuid_is_not_found(path: str) -> None:
    response = client.post(f"/webhooks/{path}", BODY, content_type="application/json")
    assert_refused(response, 404, "unknown-source")


def test_an_inactive_source_is_not_found(signing: tuple[Source, str]) -> None:
    Source.objects.update(active=False)
    assert_refused(deliver(*signing), 404, "unknown-source")


def test_the_address_works_without_its_last_slash(signing: tuple[Source, str]) -> None:
    from events import signatures

    headers = signatures.sign(*signing, BODY)
    path = delivery_path(signing[0]).rstrip("/")
    assert client.post(path, BODY, content_type="application/json", headers=headers).status_code == 202


@pytest.mark.parametrize("ending", ["/", ""], ids=["slash", "no slash"])
def test_the_address_works_in_capitals_too(
    ending: str, signing: tuple[Source, str], sent_statements: list[Any]
) -> None:
    from events import signatures

    first = deliver(*signing)
    sent_statements.clear()
    again = client.post(
        f"/webhooks/{str(signing[0].uuid).upper()}{ending}",
        BODY,
        content_type="application/json",
        headers=signatures.sign(*signing, BODY),
    )
    assert again.status_code == 200
    assert again.json() == {"status": "duplicate", "event": first.json()["event"]}
    assert not [sql for sql in sent_statements if "WHERE uuid" in str(sql)], "the cache was not used"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_than_post_are_refused(method: str, open_source: Source) -> None:
    response = client.generic(method, delivery_path(open_source), BODY)
    assert response["Allow"] == "POST"
    if method == "HEAD":
        assert response.status_code == 405
    else:
        assert_refused(response, 405, "method")


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "br", "deflate, gzip", "x"])
def test_an_encoded_body_is_refused(encoding: str, open_source: Source) -> None:
    response = post(open_source, BODY, {"Content-Encoding": encoding})
    assert_refused(response, 415, "encoding")


@pytest.mark.parametrize("encoding", ["identity", "Identity", ""])
def test_the_identity_encoding_is_accepted(encoding: str, open_source: Source) -> None:
    assert post(open_source, BODY, {"Content-Encoding": encoding}).status_code == 202


@pytest.mark.parametrize("error", [OperationalError, InterfaceError, InternalError, ProgrammingError])
def test_the_sender_is_asked_to_try_again_if_the_database_is_away(
    error: type[Exception], open_source: Source
) -> None:
    def fail(*args: Any) -> None:
        raise error

    with connection.execute_wrapper(lambda *args: fail()):
        response = post(open_source, BODY)
    assert_refused(response, 503, "unavailable")
    assert int(response["Retry-After"]) > 0


def test_an_error_of_one_event_does_not_block_the_others(
    open_source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(incoming: Any) -> None:
        raise DataError from psycopg.errors.DatatypeMismatch()

    with monkeypatch.context() as patch:
        patch.setattr(store, "insert_event", refuse)
        assert_refused(post(open_source, BODY), 503, "unavailable")
    assert post(open_source, BODY).status_code == 202


def test_the_sender_is_asked_to_try_again_if_no_key_decrypts_the_secret(signing: tuple[Source, str]) -> None:
    from cryptography.fernet import Fernet

    with override_settings(ENCRYPTION_KEYS=[Fernet.generate_key().decode()]):
        response = deliver(*signing)
    assert_refused(response, 503, "unavailable")


@pytest.mark.parametrize("host", ["elsewhere.example", "", "a b", "\x00", "x" * 10_000])
def test_the_host_of_a_delivery_does_not_matter(host: str, open_source: Source) -> None:
    assert post(open_source, BODY, HTTP_HOST=host).status_code == 202


def test_the_endpoint_needs_no_csrf_token(signing: tuple[Source, str]) -> None:
    from events import signatures

    strict = Client(enforce_csrf_checks=True)
    headers = signatures.sign(*signing, BODY)
    response = strict.post(delivery_path(signing[0]), BODY, content_type="application/json", headers=headers)
    assert response.status_code == 202


def test_an_accepted_delivery_takes_two_statements(
    signing: tuple[Source, str], sent_statements: list[Any]
) -> None:
    sent_statements.clear()
    assert deliver(*signing).status_code == 202
    assert len(sent_statements) == 2


def test_only_the_headers_that_describe_the_event_are_stored(signing: tuple[Source, str]) -> None:
    from events import signatures

    headers = signatures.sign(*signing, BODY)
    secret_headers = {"Authorization": "Bearer x", "Cookie": "session=x", "X-Forwarded-For": "10.0.0.1"}
    post(signing[0], BODY, headers | secret_headers | {"User-Agent": "Heffl-Webhooks/1.0"})
    assert Event.objects.get().headers == {
        "content-type": "application/json",
        "user-agent": "Heffl-Webhooks/1.0",
        "webhook-id": headers["webhook-id"],
        "webhook-timestamp": headers["webhook-timestamp"],
    }


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("a\x00b", "a\ufffdb"),
        ("a\ud800b", "a\ufffdb"),
        ("é", "é"),
        ("x" * 100_000, "x" * 1000),
    ],
    ids=["NUL", "surrogate", "latin-1", "huge"],
)
def test_odd_headers_are_stored_as_text_that_the_database_accepts(
    sent: str, stored: str, open_source: Source
) -> None:
    assert post(open_source, BODY, HTTP_USER_AGENT=sent).status_code == 202
    assert Event.objects.get().headers["user-agent"] == stored


def test_neither_the_answer_nor_the_log_has_the_secret_or_the_body(
    signing: tuple[Source, str], caplog: Any
) -> None:
    source, secret = signing
    body = b'{"mine": "and mine alone"}'
    for response in (post(source, body), deliver(source, secret, body)):
        output = json.dumps(response.json()) + caplog.text
        assert "mine alone" not in output
        assert secret.removeprefix("whsec_") not in output


def test_the_log_does_not_hold_the_address_of_a_refused_delivery(open_source: Source, caplog: Any) -> None:
    post(open_source, b"")
    assert "short-body" in caplog.text
    assert str(open_source.uuid) not in caplog.text
