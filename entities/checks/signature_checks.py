"""Checks of how a vendor signs: a signature that cannot mean anything would refuse every delivery, or none.

Id: entities.E002.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import fields
from typing import get_args

from entities.checks.check_errors import Errors, make_error, suggest
from entities.public_keys import UnreadablePublicKey, read_public_key
from entities.signature_language import (
    IN_BODY,
    IN_HEADER,
    IN_ITEM,
    KEY_PAIR_ALGORITHMS,
    SECRET_ALGORITHMS,
    TEMPLATE_PART,
    TEMPLATE_WORDS,
    Algorithm,
    Encoding,
    Signature,
    TimeUnit,
)
from entities.vendor_language import Vendor

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
WORDS: dict[str, Collection[str]] = {
    "algorithm": get_args(Algorithm),
    "encoding": get_args(Encoding),
    "key_encoding": get_args(Encoding),
    "time_unit": get_args(TimeUnit),
}
# What is wrong, and what to write instead.
Slip = tuple[str, str]


def check_signatures(module: str, vendor: Vendor) -> Errors:
    """Yield the errors in the signatures of a vendor."""
    signatures = vendor.signatures
    if not isinstance(signatures, tuple) or not all(isinstance(row, Signature) for row in signatures):
        hint = "Write signatures=(Signature(...),), with the comma."
        yield make_error("E002", module, "signatures is not a tuple of Signature", hint)
        return
    if not signatures:
        hint = "Write signatures=(SECRET_ADDRESS,) if the vendor signs nothing."
        yield make_error("E002", module, "names no signature", hint)
    for number, signature in enumerate(signatures, 1):
        for reason, hint in find_slips(signature):
            yield make_error("E002", module, f"signature {number}: {reason}", hint)


def find_slips(signature: Signature) -> Iterator[Slip]:
    """Yield what is wrong with a signature: its words first, and the rest only if these are known."""
    slips = list(_find_unknown_words(signature))
    if slips:
        yield from slips
    elif signature.algorithm == "none":
        yield from _find_settings_of_none(signature)
    else:
        for find in (_find_place_slips, _find_template_slips, _find_time_slips, _find_key_slips):
            yield from find(signature)


def _find_unknown_words(signature: Signature) -> Iterator[Slip]:
    for name, words in WORDS.items():
        word = getattr(signature, name)
        if word not in words:
            yield f"the unknown {name} {word!r}", suggest(word, words)


def _find_settings_of_none(signature: Signature) -> Iterator[Slip]:
    names = [field.name for field in fields(signature) if getattr(signature, field.name) != field.default]
    names.remove("algorithm")
    if names:
        yield f"algorithm 'none' signs nothing, and has {', '.join(names)}", "Write SECRET_ADDRESS."


def _find_place_slips(signature: Signature) -> Iterator[Slip]:
    if bool(signature.header) == bool(signature.body_path):
        yield "has not one place where the signature stands", "Write either header= or body_path=."
    if signature.header and not HEADER_NAME.fullmatch(signature.header):
        yield (
            f"{signature.header!r} is not a header name",
            "Write it as the vendor does: header='X-Signature'.",
        )
    if signature.body_path and not _is_path(signature.body_path):
        yield f"body_path {signature.body_path!r} has an empty key", "Write keys joined by dots."
    if signature.body_path and "{body}" in signature.signed and signature.algorithm not in SECRET_ALGORITHMS:
        hint = "Name the parts that are signed, such as {time}{body:token}: the signature cannot sign itself."
        yield "signs the body in which the signature stands", hint
    if signature.item_prefix and not signature.separator:
        yield f"item_prefix {signature.item_prefix!r} without separator", "Write separator=, or prefix=."
    if signature.encoding == "text" and signature.algorithm != "equal":
        yield "encoding 'text' is for the algorithm equal only", "Write encoding='hex' or encoding='base64'."


def _find_template_slips(signature: Signature) -> Iterator[Slip]:
    if signature.algorithm in SECRET_ALGORITHMS:
        return
    texts = TEMPLATE_PART.split(signature.signed)
    parts = texts[1::2]
    for part in parts:
        if not _is_part(part):
            words = [*sorted(TEMPLATE_WORDS), "header:NAME", "body:PATH"]
            yield f"signed has the unknown part {{{part}}}", suggest(part, words)
    if any("{" in text or "}" in text for text in texts[::2]):
        yield "signed has a brace that belongs to no part", "Write each part as {name}."
    if not any(part == "body" or part.startswith(IN_BODY) for part in parts):
        yield "signs nothing of the body", "Write {body} where the body stands in what is signed."
    if ("secret" in parts) != (signature.algorithm == "sha256"):
        hint = "Write {secret} in signed for sha256, which has no key, and for no other algorithm."
        yield f"{{secret}} and the algorithm {signature.algorithm} do not go together", hint
    if signature.url_characters and "url" not in parts:
        yield "url_characters without {url} in signed", "Leave it out."


def _find_time_slips(signature: Signature) -> Iterator[Slip]:
    place = signature.time
    if not place:
        if "{time}" in signature.signed:
            yield (
                "signed has {time}, and time is empty",
                "Write time='header:NAME', 'body:PATH' or 'item:PREFIX'.",
            )
        return
    if not _is_place(place) and not (place.startswith(IN_ITEM) and place != IN_ITEM):
        yield f"time {place!r} is no place", "Write time='header:NAME', 'body:PATH' or 'item:PREFIX'."
    if place.startswith(IN_ITEM) and not signature.separator:
        yield f"time {place!r} without separator", "Write what is between the items: separator=','."
    if not _signs_time(signature):
        hint = "Write {time} where it stands in what is signed. A time that is not signed can be changed."
        yield "the time is not signed", hint
    if signature.time_optional and not (place.startswith(IN_BODY) and "{body}" in signature.signed):
        hint = "Only a time in a body that is signed whole may be absent: any other can be taken away."
        yield "time_optional for a time that can be taken away", hint
    if signature.window_seconds <= 0:
        yield f"window_seconds is {signature.window_seconds}", "Write a number of seconds above 0."


def _find_key_slips(signature: Signature) -> Iterator[Slip]:
    if signature.algorithm not in KEY_PAIR_ALGORITHMS:
        if signature.public_key:
            yield f"public_key with the algorithm {signature.algorithm}", "Leave it out."
        return
    if signature.key_encoding != "text" or signature.key_prefix:
        yield f"key_encoding or key_prefix with the algorithm {signature.algorithm}", "Leave them out."
    if signature.public_key:
        try:
            key = read_public_key(signature.public_key)
        except UnreadablePublicKey as error:
            yield f"public_key {error}", "Copy it from the vendor's documentation, as PEM or as base64."
            return
        if signature.algorithm.partition("-")[0] not in type(key).__name__.lower():
            yield f"public_key is not of the algorithm {signature.algorithm}", "Correct one of the two."


def _signs_time(signature: Signature) -> bool:
    whole_body = signature.time.startswith(IN_BODY) and "{body}" in signature.signed
    return whole_body or "{time}" in signature.signed or f"{{{signature.time}}}" in signature.signed


def _is_part(part: str) -> bool:
    return part in TEMPLATE_WORDS or _is_place(part)


def _is_place(place: str) -> bool:
    if place.startswith(IN_HEADER):
        return bool(HEADER_NAME.fullmatch(place.removeprefix(IN_HEADER)))
    return place.startswith(IN_BODY) and _is_path(place.removeprefix(IN_BODY))


def _is_path(path: str) -> bool:
    return all(path.split("."))
