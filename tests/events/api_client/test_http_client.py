"""The HTTP client: limits of time and size, no redirects, and no key in an error."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from events.api_client import http_client
from events.api_client.http_client import MAX_ANSWER_BYTES, send_request
from events.api_client.problems import ListRefused, Unavailable
from tests.support.ports import HOST, free_port

pytestmark = pytest.mark.unit

KEY = "heffl_user_SECRET123"


class Handler(BaseHTTPRequestHandler):
    """Answers by the path, and notes what it was asked."""

    asked: list[tuple[str, dict[str, str]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, dict(self.headers)))
        self.send_response(302 if self.path == "/moved" else 200)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        if self.path == "/endless":
            try:
                while True:
                    self.wfile.write(b" " * 65536)
            except OSError:
                return
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    Handler.asked = []
    server = HTTPServer((HOST, 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://{HOST}:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_redirect_is_not_followed(url: str) -> None:
    assert send_request("GET", f"{url}/moved", {}, {"x-api-key": KEY}).status == 302
    assert [path for path, _ in Handler.asked] == ["/moved"]


def test_an_endless_answer_is_refused_while_it_arrives(url: str) -> None:
    with pytest.raises(ListRefused, match=f"more than {MAX_ANSWER_BYTES // 1024 // 1024} MB"):
        send_request("GET", f"{url}/endless", {}, {})


def test_an_answer_that_takes_too_long_is_given_up(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "MAX_REQUEST_SECONDS", -1.0)
    with pytest.raises(Unavailable, match="took more than"):
        send_request("GET", f"{url}/endless", {}, {})


def test_the_key_is_sent_as_it_is_whatever_a_netrc_says(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text(f"machine {HOST} login mallory password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    send_request("GET", url, {"a": "b c"}, {"Authorization": f"Bearer {KEY}"})
    path, headers = Handler.asked[0]
    assert path == "/?a=b+c"
    assert headers["Authorization"] == f"Bearer {KEY}"


def test_no_error_names_the_key_or_the_cursor() -> None:
    with pytest.raises(Unavailable) as caught:
        send_request("GET", f"http://{HOST}:{free_port()}/x", {"cursor": "c1"}, {"x-api-key": KEY})
    assert str(caught.value).startswith(f"No answer from {HOST}:")
    assert KEY not in str(caught.value)
    assert "c1" not in str(caught.value)
    assert caught.value.__cause__ is None
