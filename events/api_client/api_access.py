"""The access to the API of a source's vendor: its address, its key, and requests with it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from entities.resource_language import Api
from events.api_client.answers import read_content
from events.api_client.http_client import send_request
from events.api_client.problems import Answer
from events.models import ApiAccess, Source
from events.sources.api_keys import get_api, read_api_key


@dataclass(frozen=True)
class Access:
    """The address and the key of a source's vendor, for its requests. key: is in no repr."""

    api: Api
    base: str
    key_digest: str
    key: str = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        return {self.api.key_header: self.api.key_prefix + self.key}

    def send(self, path: str, query: Mapping[str, str], body: Mapping[str, object] | None = None) -> Answer:
        """Send a GET, or a POST with a body of JSON. The host is never taken from an answer."""
        url = f"{self.base.rstrip('/')}/{path}"
        if body is None:
            return send_request("GET", url, query, self.headers)
        headers = self.headers | {"Content-Type": "application/json"}
        return send_request("POST", url, query, headers, json.dumps(body).encode())

    def read(self, answer: Answer, *, has_cursor: bool = False) -> Any:
        """Return the JSON of an answer. Raises ApiProblem."""
        return read_content(answer, self.api.messages, self.key, has_cursor=has_cursor)


def open_access(access: ApiAccess) -> Access:
    """Return what requests need. Raises UnfitApiKey, NoEncryptionKey and UnusableVendor."""
    source = access.source
    api = get_api(source)
    return Access(api, find_base(source, api), access.digest, read_api_key(access))


def find_base(source: Source, api: Api) -> str:
    """Return the address before the paths of the lists: that of the setting, or the vendor's own."""
    return settings.VENDOR_API_ADDRESSES.get(source.vendor, api.base)
