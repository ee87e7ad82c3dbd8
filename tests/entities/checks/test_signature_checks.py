"""`manage.py check` refuses a signature that cannot mean anything, and says what to write instead."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from django.core.checks import run_checks

from entities.checks.signature_checks import find_slips
from entities.signature_language import SCHEMES, STANDARD_WEBHOOKS, Signature
from entities.vendors import all_vendors
from tests.support.signing_vendor import CLOSE, GOHIGHLEVEL, HUBSPOT, PIPEDRIVE, signing_vendor

pytestmark = pytest.mark.unit

RIGHT = [*SCHEMES.values(), HUBSPOT, PIPEDRIVE, CLOSE, GOHIGHLEVEL]
# The fields that are wrong in a signature that is otherwise right, and what is said.
MISTAKES: list[tuple[Signature, dict[str, Any], str]] = [
    (CLOSE, {"algorithm": "hmac-sha3"}, "the unknown algorithm 'hmac-sha3'"),
    (CLOSE, {"encoding": "base32"}, "the unknown encoding 'base32'"),
    (CLOSE, {"key_encoding": "b64"}, "the unknown key_encoding 'b64'"),
    (CLOSE, {"time_unit": "minutes"}, "the unknown time_unit 'minutes'"),
    (CLOSE, {"header": ""}, "has not one place where the signature stands"),
    (CLOSE, {"body_path": "sign"}, "has not one place where the signature stands"),
    (CLOSE, {"header": "X Y"}, "'X Y' is not a header name"),
    (CLOSE, {"header": "", "body_path": "a..b"}, "body_path 'a..b' has an empty key"),
    (CLOSE, {"header": "", "body_path": "sign"}, "signs the body in which the signature stands"),
    (CLOSE, {"item_prefix": "v1="}, "item_prefix 'v1=' without separator"),
    (CLOSE, {"encoding": "text"}, "encoding 'text' is for the algorithm equal only"),
    (CLOSE, {"signed": "{time}{bdy}"}, "signed has the unknown part {bdy}"),
    (CLOSE, {"signed": "{time}{body}{header:}"}, "signed has the unknown part {header:}"),
    (CLOSE, {"signed": "{time}{body}{header:X Y}"}, "signed has the unknown part {header:X Y}"),
    (CLOSE, {"signed": "{time}{body}{body:}"}, "signed has the unknown part {body:}"),
    (CLOSE, {"signed": "{time}{body}}"}, "signed has a brace that belongs to no part"),
    (CLOSE, {"signed": "{time}"}, "signs nothing of the body"),
    (CLOSE, {"signed": "{secret}{time}{body}"}, "{secret} and the algorithm hmac-sha256 do not go together"),
    (CLOSE, {"algorithm": "sha256"}, "{secret} and the algorithm sha256 do not go together"),
    (CLOSE, {"url_characters": ":"}, "url_characters without {url} in signed"),
    (CLOSE, {"time": ""}, "signed has {time}, and time is empty"),
    (CLOSE, {"time": "close-sig-timestamp"}, "time 'close-sig-timestamp' is no place"),
    (CLOSE, {"time": "item:t="}, "time 'item:t=' without separator"),
    (CLOSE, {"signed": "{body}"}, "the time is not signed"),
    (CLOSE, {"time_optional": True}, "time_optional for a time that can be taken away"),
    (CLOSE, {"window_seconds": 0}, "window_seconds is 0"),
    (CLOSE, {"public_key": GOHIGHLEVEL.public_key}, "public_key with the algorithm hmac-sha256"),
    (GOHIGHLEVEL, {"public_key": "MCow"}, "public_key is not a public key in PEM, nor base64 of one in DER"),
    (GOHIGHLEVEL, {"public_key": "-----BEGIN"}, "public_key is not a public key in PEM"),
    (GOHIGHLEVEL, {"algorithm": "rsa-sha256"}, "public_key is not of the algorithm rsa-sha256"),
    (GOHIGHLEVEL, {"key_encoding": "hex"}, "key_encoding or key_prefix with the algorithm ed25519"),
    (SCHEMES["none"], {"header": "X-Signature"}, "algorithm 'none' signs nothing, and has header"),
]


@pytest.mark.parametrize("signature", RIGHT, ids=lambda row: row.header or row.algorithm)
def test_a_signature_that_means_something_is_accepted(signature: Signature) -> None:
    assert list(find_slips(signature)) == []


@pytest.mark.parametrize(("signature", "changes", "reason"), MISTAKES, ids=[row[2] for row in MISTAKES])
def test_a_slip_is_named_with_what_to_write(
    signature: Signature, changes: dict[str, Any], reason: str
) -> None:
    slips = list(find_slips(replace(signature, **changes)))
    assert any(said.startswith(reason) for said, _ in slips), slips
    assert all(hint.endswith(".") for _, hint in slips)


def errors_of(*signatures: Signature) -> Sequence[Any]:
    with signing_vendor(*signatures):
        return [error for error in run_checks() if "marigold" in str(error.obj)]


def test_check_names_the_module_and_the_number_of_the_signature() -> None:
    [error] = errors_of(STANDARD_WEBHOOKS, replace(CLOSE, header="X Y"))
    assert error.id == "entities.E002"
    assert error.msg == "signature 2: 'X Y' is not a header name"


def test_a_vendor_names_a_signature() -> None:
    [error] = errors_of()
    assert (error.id, error.msg) == ("entities.E002", "names no signature")


def test_the_vendors_of_the_mirror_are_right() -> None:
    rows = [row for vendor in all_vendors().values() for row in vendor.signatures]
    assert [slip for row in rows for slip in find_slips(row)] == []
