"""A test event from the admin goes over the network to the source's public address, and changes no record."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from django.test import Client, override_settings

from entities.models.introspection import record_models
from entities.vendors import all_vendors
from events.models import Event, Source, SourceSecret
from events.processing.drain import drain_backlog
from tests.support.ports import HOST, free_port
from tests.support.staff_client import log_in_staff, page_url
from tests.support.vendor_requests import new_source
from tests.support.web_server import WebServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client() -> Client:
    return log_in_staff()


def send(client: Client, source: Source, url: str, host: str = "testserver") -> str:
    """Send a test event from the admin, served at that URL; return the message that the admin shows.

    host: the Host of the request, which anybody who may send test events can choose.
    """
    page = page_url(source).replace("change", "trial")
    with override_settings(WEB_URL=url):
        answer = client.post(page, follow=True, headers={"Host": host})
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
    message = send(client, source, web.url)
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
        assert "202 accepted" in send(client, source, web.url)
    assert Event.objects.count() == 2


def test_a_refusal_is_shown_with_its_detail(web: WebServer, client: Client) -> None:
    source, _ = new_source()
    Source.objects.update(allowed_networks="203.0.113.0/24")
    assert "answered 403. The source takes no deliveries from this address." in send(client, source, web.url)
    assert not Event.objects.exists()


def test_a_source_without_an_active_secret_is_told_to_rotate(web: WebServer, client: Client) -> None:
    source, _ = new_source()
    SourceSecret.objects.all().delete()
    assert "no active secret" in send(client, source, web.url)


def test_a_server_that_does_not_answer_is_named(client: Client) -> None:
    url = f"http://{HOST}:{free_port()}"
    assert f"{url} does not answer" in send(client, new_source()[0], url)


def test_the_host_of_a_request_gets_nothing_whatever_the_request_says(web: WebServer, client: Client) -> None:
    """Otherwise staff could look for open ports of any host that is allowed, such as this machine."""
    with other_web_server() as other:
        message = send(client, new_source()[0], web.url, host=f"{HOST}:{other.port}")
    assert "answered 202 accepted" in message
    assert other.requests == []


def test_a_redirect_is_shown_and_not_followed(client: Client) -> None:
    with other_web_server() as target, other_web_server(f"http://{HOST}:{target.port}/") as other:
        message = send(client, new_source()[0], f"http://{HOST}:{other.port}")
    assert "answered 307" in message
    assert (len(other.requests), target.requests) == (1, [])


def test_a_host_that_is_not_the_mirrors_gets_nothing(client: Client) -> None:
    source, _ = new_source("token")
    url = page_url(source).replace("change", "trial")
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        assert client.post(url, headers={"Host": "elsewhere.example"}).status_code == 400


@dataclass
class OtherServer:
    """A web server that is not the mirror. requests: the paths that it was asked for."""

    port: int
    requests: list[str]


@contextmanager
def other_web_server(location: str = "") -> Iterator[OtherServer]:
    """Serve a web server that is not the mirror. location: where it redirects to."""
    requests: list[str] = []

    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            requests.append(self.path)
            self.send_response(307 if location else 200)
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer((HOST, 0), Page) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield OtherServer(server.server_address[1], requests)
        finally:
            server.shutdown()
            thread.join()


def test_an_answer_of_another_server_is_not_a_success(client: Client) -> None:
    with other_web_server() as other:
        assert "answered 200" in send(client, new_source()[0], f"http://{HOST}:{other.port}")
    assert not Event.objects.exists()
