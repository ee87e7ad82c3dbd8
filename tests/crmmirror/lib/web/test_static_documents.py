"""Static documents: compressed for whom accepts it, and not sent again if the client has it."""

import gzip

import pytest
from django.http import HttpRequest, HttpResponse

from crmmirror.lib.web.static_documents import make_static_document

pytestmark = pytest.mark.unit

CONTENT = b"the same text again and again " * 100
DOCUMENT = make_static_document(CONTENT, "text/plain; charset=utf-8")


def respond(accept_encoding: str = "", etag: str = "") -> HttpResponse:
    request = HttpRequest()
    request.method = "GET"
    request.META = {"HTTP_ACCEPT_ENCODING": accept_encoding, "HTTP_IF_NONE_MATCH": etag}
    return DOCUMENT.respond(request)


@pytest.mark.parametrize("accepted", ["gzip", "br, GZIP;q=0.5", "gzip, deflate", "deflate,gzip;q=0.01"])
def test_who_accepts_gzip_gets_it(accepted: str) -> None:
    response = respond(accepted)
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.content) == CONTENT
    assert len(response.content) < len(CONTENT)


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip; q=0.0, br", "identity"])
def test_who_does_not_accept_gzip_gets_the_document_as_it_is(accepted: str) -> None:
    response = respond(accepted)
    assert "Content-Encoding" not in response
    assert response.content == CONTENT


def test_both_say_how_they_may_be_cached() -> None:
    for response in (respond(), respond("gzip")):
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert response["Vary"] == "Accept-Encoding"
        assert response["Cache-Control"] == "public, max-age=60"


@pytest.mark.parametrize("accepted", ["", "gzip"])
def test_what_the_client_has_is_not_sent_again(accepted: str) -> None:
    etag = respond(accepted)["ETag"]
    for sent in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        response = respond(accepted, sent)
        assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)
        assert response["Vary"] == "Accept-Encoding"
    assert respond(accepted, '"other"').status_code == 200


def test_the_two_encodings_have_different_etags() -> None:
    assert respond()["ETag"] != respond("gzip")["ETag"]
