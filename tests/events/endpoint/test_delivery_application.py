"""The WSGI application: it answers deliveries without Django's handler, and leaves all else to it."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from django.core import signals
from django.db import connection
from django.test import RequestFactory

from crmmirror.wsgi import application
from events.endpoint import views
from events.models import Event
from tests.support.vendor_requests import BODY, delivery_path, new_source, sign

pytestmark = pytest.mark.django_db(transaction=True)


def call(
    path: str, body: bytes = b"", method: str = "POST", **headers: str
) -> tuple[str, dict[str, str], bytes]:
    """Call the application as a web server does; return status, headers and body of its answer."""
    environ = RequestFactory(headers=headers).generic(method, path, body, "application/json").environ
    # That of the factory does not let anybody read to the end.
    environ["wsgi.input"] = BytesIO(body)
    answered: list[tuple[str, list[tuple[str, str]]]] = []
    response: Any = application(environ, lambda status, headers: answered.append((status, headers)))
    content = b"".join(response)
    if hasattr(response, "close"):
        response.close()
    [(status, answer_headers)] = answered
    return status, dict(answer_headers), content


@pytest.fixture
def handled() -> Iterator[list[bool]]:
    """Return a list that gets one item for each request that Django's handler begins with."""
    requests: list[bool] = []

    def note(**kwargs: Any) -> None:
        requests.append(True)

    signals.request_started.connect(note)
    yield requests
    signals.request_started.disconnect(note)


def test_a_delivery_is_answered_without_djangos_handler(handled: list[bool]) -> None:
    source, secret = new_source()
    status, headers, content = call(delivery_path(source), BODY, **sign(source, secret, BODY))
    event = Event.objects.get()
    assert status == "202 Accepted"
    assert headers["Content-Length"] == str(len(content))
    assert content == b'{"status":"accepted","event":%d}' % event.pk
    assert not handled


def test_a_delivery_leaves_no_connection_with_its_thread() -> None:
    source, secret = new_source()
    connection.close()
    for _ in range(2):
        call(delivery_path(source), BODY, **sign(source, secret, BODY))
        assert connection.connection is None


def test_a_refused_delivery_is_answered_whole_and_leaves_no_connection() -> None:
    source, _ = new_source()
    status, headers, content = call(delivery_path(source), BODY)
    assert status == "401 Unauthorized"
    assert headers["Content-Type"] == "application/problem+json"
    assert b"signature" in content
    assert connection.connection is None


def test_an_address_of_no_source_is_answered_as_a_page_that_is_not_there(handled: list[bool]) -> None:
    status, _, _ = call("/webhooks/of/nobody/")
    assert status == "404 Not Found"
    assert not handled


def test_an_error_of_our_own_is_answered_500(monkeypatch: pytest.MonkeyPatch) -> None:
    source, secret = new_source()

    def fail(*args: Any) -> None:
        raise AssertionError("a bug")

    monkeypatch.setattr(views, "store_delivery", fail)
    status, _, _ = call(delivery_path(source), BODY, **sign(source, secret, BODY))
    assert status == "500 Internal Server Error"
    assert connection.connection is None


def test_what_is_no_delivery_is_left_to_django(handled: list[bool]) -> None:
    status, _, content = call("/healthz", method="GET")
    assert (status, handled) == ("200 OK", [True])
    assert content
