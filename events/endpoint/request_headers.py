"""The headers of a request as a mapping that looks up one header at a time."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from django.http import HttpRequest
from django.http.request import HttpHeaders

_wsgi_name = lru_cache(maxsize=256)(HttpHeaders.to_wsgi_name)


# Speed: looks up single headers by their WSGI names, where Django would parse all of them. See docs/speed.md.
class RequestHeaders(Mapping[str, str]):
    """A request's headers by their HTTP names, such as `webhook-id`, in any case."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def __getitem__(self, name: str) -> str:
        return self._request.META[_wsgi_name(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._request.headers)

    def __len__(self) -> int:
        return len(self._request.headers)
