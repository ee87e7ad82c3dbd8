"""A request's headers, looked up one by one: Django parses all of them at the first look, which costs a
delivery as much as its signature."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from django.http import HttpRequest
from django.http.request import HttpHeaders

_wsgi_name = lru_cache(maxsize=256)(HttpHeaders.to_wsgi_name)


class RequestHeaders(Mapping[str, str]):
    """Case-insensitive, by the names that HTTP has and WSGI spells otherwise, such as `webhook-id`."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def __getitem__(self, name: str) -> str:
        return self._request.META[_wsgi_name(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._request.headers)

    def __len__(self) -> int:
        return len(self._request.headers)
