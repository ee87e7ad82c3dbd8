"""The parts of a request that may be signed, and the text that a signature is made of."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any
from urllib.parse import quote

from entities.reading.envelopes.body_formats import parse_form
from entities.reading.envelopes.strict_json import Malformed, parse_json
from entities.signature_language import (
    IN_BODY,
    IN_HEADER,
    TEMPLATE_PART,
    Signature,
)
from events.signatures.body_values import get_body_value
from events.signatures.errors import MissingSignature


@dataclass(frozen=True)
class SignedRequest:
    """A request as its sender signed it.

    headers: case-insensitive. url: the public one, as the vendor calls it; it is asked for only if it is
        signed.
    """

    body: bytes
    headers: Mapping[str, str]
    url: str = ""
    method: str = "POST"

    @cached_property
    def content(self) -> Any:
        """The body as JSON or as a form, which nothing proves yet: parsed only if the signature says so.
        Raises MissingSignature."""
        for parse in (parse_json, parse_form):
            with suppress(Malformed):
                return parse(self.body)
        raise MissingSignature("The body, in which the proof should stand, is neither JSON nor a form.")

    def read(self, place: str) -> str:
        """Return the text at a place, `header:NAME` or `body:PATH`; empty if there is none. Raises
        MissingSignature."""
        if place.startswith(IN_HEADER):
            return self.headers.get(place.removeprefix(IN_HEADER), "")
        return get_body_value(self.content, place.removeprefix(IN_BODY))


def build_signed_text(signature: Signature, request: SignedRequest, time: str, key: bytes) -> bytes:
    """Return what is signed. time: as it is written. key: for the part `{secret}`."""
    return b"".join(
        _read_part(part, signature, request, time, key) if isinstance(part, str) else part
        for part in _split_template(signature.signed)
    )


@cache
def _split_template(template: str) -> tuple[str | bytes, ...]:
    """Return the names of its parts as text, and what stands between them as bytes."""
    texts = TEMPLATE_PART.split(template)
    return tuple(text if index % 2 else to_bytes(text) for index, text in enumerate(texts) if text)


def to_bytes(text: str) -> bytes:
    """Encode any text, even lone surrogates; equal bytes mean equal text. `hmac` takes only ASCII text."""
    return text.encode("utf-8", "surrogatepass")


def _read_part(part: str, signature: Signature, request: SignedRequest, time: str, key: bytes) -> bytes:
    match part:
        case "body":
            return request.body
        case "secret":
            return key
        case "time":
            return to_bytes(time)
        case "method":
            return to_bytes(request.method)
        case "url":
            return to_bytes(decode_characters(request.url, signature.url_characters))
    return to_bytes(request.read(part))


def decode_characters(url: str, characters: str) -> str:
    """Return the URL with these characters as they are, where they are percent-encoded."""
    for encoded, character in _encodings(characters):
        url = url.replace(encoded, character).replace(encoded.lower(), character)
    return url


@lru_cache(maxsize=16)
def _encodings(characters: str) -> tuple[tuple[str, str], ...]:
    return tuple((quote(character, safe=""), character) for character in characters)
