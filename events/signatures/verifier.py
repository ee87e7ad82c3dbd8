"""Verifies a delivery by the signatures of its source: one verifier for all of them."""

from collections.abc import Sequence

from entities.public_keys import PublicKey, UnreadablePublicKey, read_public_key
from entities.signature_language import IN_BODY, IN_ITEM, KEY_PAIR_ALGORITHMS, Signature
from events.signatures.body_values import get_body_value
from events.signatures.digests import DIGESTS, ENCODE, decode_signature, matches_any
from events.signatures.errors import MissingSignature, NotAuthentic, UnfitSecret, WrongSignature
from events.signatures.key_pairs import is_signed_by, read_trial_public_key
from events.signatures.secret_keys import read_key
from events.signatures.signed_request import SignedRequest, build_signed_text
from events.signatures.signed_times import check_window

# No vendor sends so many in one header; each costs a comparison.
MAX_SIGNATURES = 100


def verify_any(
    signatures: Sequence[Signature],
    request: SignedRequest,
    secrets: Sequence[str],
    trial_keys: Sequence[str],
) -> None:
    """Raise NotAuthentic unless one of the signatures proves the request."""
    errors: list[NotAuthentic] = []
    for signature in signatures:
        try:
            return _verify(signature, request, secrets, trial_keys)
        except NotAuthentic as error:
            errors.append(error)
    # A signature that is there and wrong says more than one that the vendor did not send.
    raise next((error for error in errors if not isinstance(error, MissingSignature)), errors[0])


def _verify(
    signature: Signature, request: SignedRequest, secrets: Sequence[str], trial_keys: Sequence[str]
) -> None:
    if signature.algorithm == "none":
        return
    items = _read_items(signature, request)
    written = _read_time(signature, request, items)
    is_time_in_body = signature.time.startswith(IN_BODY)
    if signature.time and not is_time_in_body:
        check_window(signature, written)
    received = _read_received(signature, items)
    if _is_proved(signature, request, received, written, secrets):
        if is_time_in_body:
            _check_body_time(signature, request)
    # What the mirror signed itself to try a source may be a sample from long ago, so that no window counts.
    elif not _is_proved_by_trial_key(signature, request, received, written, trial_keys):
        raise WrongSignature(_describe_wrong(signature))


def _read_items(signature: Signature, request: SignedRequest) -> list[str]:
    """Return what stands in the place of the signature, without its prefix. Raises WrongSignature."""
    if signature.body_path:
        place = f"The body's {signature.body_path}"
        value = get_body_value(request.content, signature.body_path)
    else:
        place = f"The header {signature.header}"
        value = request.headers.get(signature.header, "")
    if not value:
        raise MissingSignature(f"{place} is missing or empty.")
    prefix, start = signature.prefix, value[: len(signature.prefix)]
    # The names of HTTP's schemes of authentication may be in capitals or not.
    if start.lower() != prefix.lower():
        raise WrongSignature(f"{place} does not begin with the source's prefix.")
    value = value[len(prefix) :]
    if not signature.separator:
        return [value]
    return [item.strip() for item in value.split(signature.separator)][:MAX_SIGNATURES]


def _read_received(signature: Signature, items: list[str]) -> list[str]:
    """Return the signatures among the items, without what stands before each."""
    prefix = signature.item_prefix
    return [item.removeprefix(prefix) for item in items if item.startswith(prefix)]


def _read_time(signature: Signature, request: SignedRequest, items: list[str]) -> str:
    """Return the time as it is written; empty if there is none, or if nothing needs it yet."""
    place = signature.time
    if place.startswith(IN_ITEM):
        prefix = place.removeprefix(IN_ITEM)
        times = [item.removeprefix(prefix) for item in items if item.startswith(prefix)]
        return times[0] if len(times) == 1 else ""
    if place.startswith(IN_BODY) and "{time}" not in signature.signed:
        # The body is parsed only after the signature has proved it.
        return ""
    return request.read(place) if place else ""


def _check_body_time(signature: Signature, request: SignedRequest) -> None:
    written = request.read(signature.time)
    if written or not signature.time_optional:
        check_window(signature, written)


def _is_proved(
    signature: Signature, request: SignedRequest, received: list[str], written: str, secrets: Sequence[str]
) -> bool:
    if signature.algorithm in KEY_PAIR_ALGORITHMS:
        keys = [signature.public_key] if signature.public_key else secrets
        public_keys = [key for key in map(_read_public_key_or_none, keys) if key]
        return _is_signed(signature, request, received, written, public_keys)
    return any(_matches(signature, request, received, written, secret) for secret in secrets)


def _matches(
    signature: Signature, request: SignedRequest, received: list[str], written: str, secret: str
) -> bool:
    try:
        key = read_key(signature, secret)
    except UnfitSecret:
        return False
    text = build_signed_text(signature, request, written, key)
    expected = ENCODE[signature.encoding](DIGESTS[signature.algorithm](key, text))
    return matches_any(received, expected, signature.encoding)


def _is_proved_by_trial_key(
    signature: Signature, request: SignedRequest, received: list[str], written: str, trial_keys: Sequence[str]
) -> bool:
    if signature.algorithm not in KEY_PAIR_ALGORITHMS:
        return False
    public_keys = [key for key in map(read_trial_public_key, trial_keys) if key]
    return _is_signed(signature, request, received, written, public_keys)


def _is_signed(
    signature: Signature,
    request: SignedRequest,
    received: list[str],
    written: str,
    public_keys: Sequence[PublicKey],
) -> bool:
    text = build_signed_text(signature, request, written, b"")
    proofs = [decode_signature(item, signature.encoding) for item in received]
    return any(
        is_signed_by(key, signature.algorithm, proof, text)
        for key in public_keys
        for proof in proofs
        if proof
    )


def _read_public_key_or_none(text: str) -> PublicKey | None:
    try:
        return read_public_key(text)
    except UnreadablePublicKey:
        return None


def _describe_wrong(signature: Signature) -> str:
    return "The token is wrong." if signature.algorithm == "equal" else "The signature is wrong."
