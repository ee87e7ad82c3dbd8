"""Documents that stay the same while the process runs: kept compressed, sent again only if they differ."""

import gzip
import hashlib
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

from crmmirror.lib.web.compressed_answers import accepts_gzip

# A minute: the document may be another one after an upgrade. After that, its ETag saves sending it again.
CACHE_CONTROL = "public, max-age=60"


@dataclass(frozen=True)
class StaticDocument:
    """One representation of a document: as it is, in gzip, and its SHA-256."""

    content: bytes
    content_type: str
    compressed: bytes
    digest: str

    def respond(self, request: HttpRequest) -> HttpResponse:
        """Return the document, or 304 if the client's ETag is that of the document."""
        is_compressed = accepts_gzip(request)
        etag = f'"{self.digest}-gzip"' if is_compressed else f'"{self.digest}"'
        response = HttpResponse(self.compressed if is_compressed else self.content, self.content_type)
        response.headers["ETag"], response.headers["Cache-Control"] = etag, CACHE_CONTROL
        if is_compressed:
            response.headers["Content-Encoding"] = "gzip"
        patch_vary_headers(response, ["Accept-Encoding"])
        return get_conditional_response(request, etag, response=response) or response


def make_static_document(content: bytes, content_type: str) -> StaticDocument:
    """Compress a document, and return it. content_type: with its charset, if it needs one."""
    compressed = gzip.compress(content, mtime=0)
    return StaticDocument(content, content_type, compressed, hashlib.sha256(content).hexdigest())
