"""Requests by which a stranger could write to the log of a web server: broken, forbidden or refused ones."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.vendor_requests import UNKNOWN_ADDRESS

HOST_LINE = "Host: 127.0.0.1\r\n"
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
LOGIN = "/admin/login/"
CHUNKED = "Transfer-Encoding: chunked\r\n"
# Long enough to fill a log, and short enough for the server to take it as a header.
LONG = "x" * 3000


@dataclass(frozen=True)
class LogWriter:
    """A request as its bytes, which depend on a number, so that no two need be alike.

    is_cut: whether the sender hangs up in the middle of it.
    """

    name: str
    make: Callable[[int], bytes]
    is_cut: bool = False

    def __str__(self) -> str:
        return self.name


def request(method: str, path: str, headers: str = HOST_LINE, body: str | bytes = b"") -> bytes:
    """Return a request, with the length of its body unless it is chunked."""
    content = body.encode() if isinstance(body, str) else body
    length = "" if CHUNKED in headers else f"Content-Length: {len(content)}\r\n"
    head = f"{method} {path} HTTP/1.1\r\n{headers}Connection: close\r\n{length}\r\n"
    return head.encode("latin-1") + content


def multipart(body: str, boundary: str = "b") -> bytes:
    headers = f"{HOST_LINE}Content-Type: multipart/form-data; boundary={boundary}\r\n"
    return request("POST", LOGIN, headers, body)


LOG_WRITERS = (
    LogWriter("a wrong host", lambda n: request("GET", "/admin/", f"Host: evil{n}.example\r\n")),
    LogWriter("a long wrong host", lambda n: request("GET", "/admin/", f"Host: {n}{LONG}\r\n")),
    LogWriter("a host that is none", lambda n: request("GET", "/api/v1/deals/", f"Host: a b{n}\r\n")),
    LogWriter("no host", lambda n: request("GET", "/admin/", "")),
    LogWriter("an unknown page", lambda n: request("GET", f"/nothing{n}/{LONG}")),
    LogWriter("a line break in a path", lambda n: request("GET", f"/admin/%0Aforged{n}%0D%0A/{LONG}")),
    LogWriter("a null in a path", lambda n: request("GET", f"/static/%00{n}")),
    LogWriter("a path out of the static files", lambda n: request("GET", f"/static/..%2f..%2f{n}/passwd")),
    LogWriter("a path that is no text", lambda n: request("GET", f"/admin/%ff%fe{n}")),
    LogWriter("a login without a token", lambda n: request("POST", LOGIN, HOST_LINE + FORM, f"username={n}")),
    LogWriter(
        "a post to an unknown page", lambda n: request("POST", f"/admin/{n}{LONG}/", HOST_LINE + FORM, "a=1")
    ),
    LogWriter(
        "too many fields", lambda n: request("POST", LOGIN, HOST_LINE + FORM, "&".join(["a=1"] * 2100))
    ),
    LogWriter(
        "a body that is too large",
        lambda n: request("POST", LOGIN, HOST_LINE + FORM, b"a=" + b"x" * 2_700_000),
    ),
    LogWriter("a form in parts without an end", lambda n: multipart(f"--b\r\nContent-Disposition: x{n}")),
    LogWriter("a form in parts without a border", lambda n: multipart("x", boundary="")),
    LogWriter(
        "a form in an unknown encoding",
        lambda n: request(
            "POST", LOGIN, f"{HOST_LINE}Content-Type: text/plain; charset=nothing{n}\r\n", "a=1"
        ),
    ),
    LogWriter(
        "a cookie that is none", lambda n: request("GET", "/admin/", f"{HOST_LINE}Cookie: ;=;\x7f{n}\r\n")
    ),
    LogWriter(
        "a session that is none",
        lambda n: request("GET", "/admin/", f"{HOST_LINE}Cookie: sessionid={n:032}\r\n"),
    ),
    LogWriter(
        "a known browser that is none",
        lambda n: request("GET", LOGIN, f"{HOST_LINE}Cookie: known=forged{n}:x:y\r\n"),
    ),
    LogWriter(
        "a wrong token",
        lambda n: request("GET", "/api/v1/deals/", f"{HOST_LINE}Authorization: Token x{n}\r\n"),
    ),
    LogWriter(
        "a token that is no text",
        lambda n: request("GET", "/api/v1/deals/", f"{HOST_LINE}Authorization: Token \xff{n}\r\n"),
    ),
    LogWriter(
        "a wrong metrics token",
        lambda n: request("GET", "/metrics", f"{HOST_LINE}Authorization: Bearer x{n}\r\n"),
    ),
    LogWriter("an unknown parameter", lambda n: request("GET", f"/api/v1/deals/?a{n}={LONG}")),
    LogWriter("an unknown method", lambda n: request("BREW", "/admin/")),
    LogWriter("a delivery to nobody", lambda n: request("POST", f"{UNKNOWN_ADDRESS}?{n}", HOST_LINE, "{}")),
    LogWriter("a delivery that is read", lambda n: request("GET", UNKNOWN_ADDRESS)),
    LogWriter("a request that is none", lambda n: f"nothing {n}\r\n\r\n".encode()),
    LogWriter(
        "bytes that are no text",
        lambda n: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes([n % 256]),
        is_cut=True,
    ),
    LogWriter("a header that is none", lambda n: f"GET / HTTP/1.1\r\n{HOST_LINE}x{n}\r\n\r\n".encode()),
    LogWriter(
        "too many headers",
        lambda n: request("GET", "/", HOST_LINE + "".join(f"X-{i}: {n}\r\n" for i in range(300))),
    ),
    LogWriter(
        "two lengths", lambda n: request("POST", LOGIN, f"{HOST_LINE}Content-Length: 7{n}\r\n{FORM}", "a=1")
    ),
    LogWriter("a broken chunk", lambda n: request("POST", LOGIN, HOST_LINE + FORM + CHUNKED, f"zz{n}\r\n")),
    LogWriter(
        "a body that is cut",
        lambda n: request("POST", LOGIN, HOST_LINE + FORM, "a=123456789")[:-5],
        is_cut=True,
    ),
    LogWriter(
        "a delivery that is cut",
        lambda n: request("POST", UNKNOWN_ADDRESS, HOST_LINE, "{}" * 99)[:-5],
        is_cut=True,
    ),
    LogWriter("a head that is cut", lambda n: f"GET /admin/{n} HTTP/1.1\r\nHos".encode(), is_cut=True),
    LogWriter("another protocol", lambda n: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(20)),
    LogWriter(
        "an upgrade", lambda n: request("GET", "/admin/", f"{HOST_LINE}Upgrade: websocket\r\nX: {n}\r\n")
    ),
)
