"""The HTTP client of loads: one request, with limits of time and size, and without redirects."""

import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import urlsplit

from events.api_client.problems import Answer, ListRefused, Unavailable

CONNECT_SECONDS = 10.0
# Between two pieces of an answer.
READ_SECONDS = 30.0
# For a whole answer: whoever sends a byte now and then must not hold a worker for ever.
MAX_REQUEST_SECONDS = 60.0
MAX_ANSWER_BYTES = 20 * 1024 * 1024
CHUNK_BYTES = 64 * 1024


def send_request(
    method: str, url: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes | None = None
) -> Answer:
    """Send a request once; return its answer, whatever its status. Raises Unavailable and ListRefused."""
    # Imported here, because it takes a while and only loads need it.
    import requests
    import urllib3

    sent_at, began = datetime.now(UTC), time.monotonic()
    try:
        with (
            requests.Session() as session,
            closing(
                session.request(
                    method,
                    url,
                    params=dict(query),
                    data=body,
                    headers={"Accept": "application/json", "User-Agent": "crm-mirror", **headers},
                    timeout=(CONNECT_SECONDS, READ_SECONDS),
                    allow_redirects=False,
                    stream=True,
                    # Else a file ~/.netrc could replace the key.
                    auth=lambda request: request,
                )
            ) as response,
        ):
            content = _read_body(response.iter_content(CHUNK_BYTES), began + MAX_REQUEST_SECONDS)
            names = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, names, content, sent_at, time.monotonic() - began)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        # Its text has the address with the cursor, and nothing more that would help.
        host = urlsplit(url).netloc
        raise Unavailable(f"No answer from {host} ({type(error).__name__}).") from None


def _read_body(chunks: Iterable[bytes], deadline: float) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise ListRefused(
                f"The answer has more than {MAX_ANSWER_BYTES // 1024 // 1024} MB. Check the address; a page"
                " of a list is far smaller."
            )
        if time.monotonic() > deadline:
            raise Unavailable(f"The answer took more than {MAX_REQUEST_SECONDS:.0f} seconds.")
    return bytes(body)
