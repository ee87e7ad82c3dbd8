"""A test event from the admin goes over the network to the source's own address, and changes no record."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from django.test import Client, override_settings

from entities.models.introspection import record_models
from entities.vendors import all_vendors
from events.models import Event, Source, SourceSecret
from events.processing.drain import drain_backlog
from tests.support.ports import free_port
from tests.support.staff_client import log_in_staff, page_url
from tests.support.vendor_requests import new_source
from tests.support.web_server import WebServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client() -> Client:
    return log_in_staff()


def send(client: Client, source: Source, port: int) -> str:
    """Send a test event from the admin, served at that port; return the message that the admin shows."""
    url = page_url(source).replace("change", "trial")
    answer = client.post(url, follow=True, headers={"Host": f"127.0.0.1:{port}"})
    [shown] = answer.context["messages"]
    return str(shown)


@pytest.mark.parametrize("vendor", sorted(all_vendors()))
@pytest.mark.parametrize(
    "scheme", ["standard-webhooks", "hmac-sha256", "hmac-sha256-timestamped", "token", "none"]
)
def test_a_test_event_is_stored_and_changes_no_record(
    web: WebServer, client: Client, vendor: str, scheme: str
) -> None:
    source, _ = new_source(scheme)
    Source.objects.update(vendor=vendor)
    source.refresh_from_db()
    message = send(client, source, web.port)
    event = Event.objects.get()
    assert "answered 202 accepted" in message
    assert f'<a href="/admin/events/event/{event.pk}/change/">event {event.pk}</a>' in message
    drain_backlog()
    event.refresh_from_db()
    assert (event.event_type, event.status, event.warnings) == ("mirror.test", "ignored", [])
    assert not any(model._default_manager.exists() for model in record_models())


def test_each_test_event_is_a_new_one(web: WebServer, client: Client) -> None:
    source, _ = new_source()
    for _ in range(2):
        assert "202 accepted" in send(client, source, web.port)
    assert Event.objects.count() == 2


def test_a_refusal_is_shown_with_its_detail(web: WebServer, client: Client) -> None:
    source, _ = new_source()
    Source.objects.update(allowed_networks="203.0.113.0/24")
    assert "answered 403. The source takes no deliveries from this address." in send(client, source, web.port)
    assert not Event.objects.exists()


def test_a_source_without_an_active_secret_is_told_to_rotate(web: WebServer, client: Client) -> None:
    source, _ = new_source()
    SourceSecret.objects.all().delete()
    assert "no active secret" in send(client, source, web.port)


def test_a_server_that_does_not_answer_is_named(client: Client) -> None:
    port = free_port()
    assert f"http://127.0.0.1:{port}/ does not answer" in send(client, new_source()[0], port)


def test_a_host_that_is_not_the_mirrors_gets_nothing(client: Client) -> None:
    source, _ = new_source("token")
    url = page_url(source).replace("change", "trial")
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        assert client.post(url, headers={"Host": "elsewhere.example"}).status_code == 400


@contextmanager
def other_web_server() -> Iterator[int]:
    """Serve a web server that is not the mirror; yield its port."""

    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        Thread(target=server.handle_request, daemon=True).start()
        yield server.server_address[1]


def test_an_answer_of_another_server_is_not_a_success(client: Client, tmp_path: Path) -> None:
    with other_web_server() as port:
        assert "answered 200" in send(client, new_source()[0], port)
    assert not Event.objects.exists()
