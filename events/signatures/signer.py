"""Signs a delivery as its vendor would: one signer for all signatures."""

import base64
import hashlib
from dataclasses import dataclass, field

from entities.signature_language import (
    IN_BODY,
    IN_HEADER,
    IN_ITEM,
    KEY_PAIR_ALGORITHMS,
    TEMPLATE_PART,
    Signature,
)
from events.signatures.body_values import set_body_value
from events.signatures.digests import DIGESTS, ENCODE
from events.signatures.key_pairs import sign_with_trial_key
from events.signatures.secret_keys import read_key
from events.signatures.signed_request import SignedRequest, build_signed_text
from events.signatures.signed_times import write_time


@dataclass(frozen=True)
class SignedDelivery:
    """A signed delivery: the body, in which a time or a signature may stand now, and its headers."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def sign_request(signature: Signature, secret: str, body: bytes, at: int, url: str) -> SignedDelivery:
    """Return the signed delivery. secret: of a vendor with a key pair, a trial key. at: unix seconds."""
    if signature.algorithm == "none":
        return SignedDelivery(body)
    moment = write_time(signature, at)
    body = _write_body_time(signature, body, moment)
    headers = _make_signed_headers(signature, body, str(moment))
    key = b"" if signature.algorithm in KEY_PAIR_ALGORITHMS else read_key(signature, secret)
    text = build_signed_text(signature, SignedRequest(body, headers, url), str(moment), key)
    value = signature.prefix + _write_items(signature, _make_proof(signature, secret, key, text), str(moment))
    if signature.body_path:
        return SignedDelivery(set_body_value(body, signature.body_path, value), headers)
    return SignedDelivery(body, headers | {signature.header: value})


def _write_body_time(signature: Signature, body: bytes, moment: str | int) -> bytes:
    """Write the time into the body, if it belongs there. What a trial key signs keeps its bytes: no window
    counts for it, and its time says when the event happened."""
    if not signature.time.startswith(IN_BODY) or signature.algorithm in KEY_PAIR_ALGORITHMS:
        return body
    return set_body_value(body, signature.time.removeprefix(IN_BODY), moment)


def _make_signed_headers(signature: Signature, body: bytes, moment: str) -> dict[str, str]:
    """Return the headers that are signed: the time's, and an id in all others.

    The id is derived from the body, so that a retry of a message has the same id.
    """
    message_id = "msg_" + base64.b32encode(hashlib.sha256(body).digest()[:15]).decode()
    parts = TEMPLATE_PART.split(signature.signed)[1::2]
    names = [part.removeprefix(IN_HEADER) for part in parts if part.startswith(IN_HEADER)]
    headers = dict.fromkeys(names, message_id)
    if signature.time.startswith(IN_HEADER):
        headers[signature.time.removeprefix(IN_HEADER)] = moment
    return headers


def _make_proof(signature: Signature, secret: str, key: bytes, text: bytes) -> str:
    if signature.algorithm in KEY_PAIR_ALGORITHMS:
        proof = sign_with_trial_key(secret, signature.algorithm, text)
    else:
        proof = DIGESTS[signature.algorithm](key, text)
    return ENCODE[signature.encoding](proof)


def _write_items(signature: Signature, proof: str, moment: str) -> str:
    item = signature.item_prefix + proof
    if not signature.time.startswith(IN_ITEM):
        return item
    return f"{signature.time.removeprefix(IN_ITEM)}{moment}{signature.separator}{item}"
