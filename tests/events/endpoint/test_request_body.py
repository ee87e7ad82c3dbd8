"""The body of a delivery: read whole, however it is framed, up to the limit of its source."""

import io
from typing import Any

import pytest

from events.endpoint.request_body import CHUNK_BYTES
from events.models import Event, Source
from tests.support.vendor_requests import (
    BODY,
    assert_refused,
    post,
)

pytestmark = pytest.mark.django_db


def test_a_body_over_the_limit_of_its_source_is_too_large(open_source: Source) -> None:
    Source.objects.update(max_body_bytes=len(BODY) - 1)
    assert_refused(post(open_source, BODY), 413, "size")


def test_a_body_of_exactly_the_limit_is_accepted(open_source: Source) -> None:
    Source.objects.update(max_body_bytes=len(BODY))
    assert post(open_source, BODY).status_code == 202


def test_the_limit_is_one_mebibyte_unless_set() -> None:
    assert Source().max_body_bytes == 1024 * 1024


def chunked(body: bytes) -> dict[str, Any]:
    """Return the WSGI environment of a chunked request."""
    return {"wsgi.input": io.BytesIO(body), "HTTP_TRANSFER_ENCODING": "chunked"}


def test_a_chunked_body_is_read_whole(open_source: Source) -> None:
    assert post(open_source, b"", **chunked(BODY)).json()["status"] == "accepted"
    assert bytes(Event.objects.get().body) == BODY


def test_a_chunked_body_over_the_limit_is_too_large_and_not_read_to_its_end(open_source: Source) -> None:
    endless = io.BytesIO(b" " * 10 * 1024 * 1024)
    response = post(open_source, b"", **chunked(b"") | {"wsgi.input": endless})
    assert_refused(response, 413, "size")
    assert endless.tell() <= open_source.max_body_bytes + CHUNK_BYTES


def test_a_chunked_body_that_was_cut_by_a_limit_just_raised_is_asked_for_again(open_source: Source) -> None:
    """This process has the limit as it was, and the body can be read only once."""
    assert post(open_source, b"").status_code == 400
    limit = open_source.max_body_bytes
    Source.objects.update(max_body_bytes=2 * limit)
    larger = b" " * limit + BODY.replace(b"}", b" }", 1)
    assert_refused(post(open_source, b"", **chunked(larger)), 503, "unavailable")
    assert post(open_source, b"", **chunked(larger)).status_code == 202
    assert bytes(Event.objects.get().body) == larger


def test_an_empty_body_is_refused(open_source: Source) -> None:
    assert_refused(post(open_source, b""), 400, "short-body")


def test_an_empty_chunked_body_is_refused(open_source: Source) -> None:
    assert_refused(post(open_source, b"", **chunked(b"")), 400, "short-body")


def test_a_body_shorter_than_its_content_length_is_refused(open_source: Source) -> None:
    cut = {"wsgi.input": io.BytesIO(BODY[:-1]), "CONTENT_LENGTH": str(len(BODY))}
    assert_refused(post(open_source, BODY, **cut), 400, "short-body")


class BrokenConnection(io.RawIOBase):
    """A WSGI input whose sender has closed the connection."""

    def read(self, size: int = -1) -> bytes:
        raise ConnectionResetError


def test_a_body_whose_connection_breaks_is_refused(open_source: Source) -> None:
    response = post(open_source, BODY, **{"wsgi.input": BrokenConnection()})
    assert_refused(response, 400, "short-body")


@pytest.mark.parametrize("length", ["-1", "abc", "1.5", "+3", "9" * 5000, "٣", "0x10"])
def test_a_content_length_that_is_not_a_number_is_refused(length: str, open_source: Source) -> None:
    assert_refused(post(open_source, BODY, CONTENT_LENGTH=length), 400, "short-body")
