"""Authentication of a delivery: its signature is verified with the active secrets of its source."""

from crmmirror.lib.circuit_breaker import CircuitBreaker
from events import signatures
from events.endpoint.delivery_request import DeliveryRequest
from events.refusals.reasons import RefusalReason, Refused
from events.signatures import NotAuthentic, TimestampOutsideWindow
from events.sources.encryption import NoEncryptionKey
from events.sources.lookup import ActiveSource

IDENTITY_ENCODINGS = ("", "identity")

encryption_circuit = CircuitBreaker("encryption_key")


def read_authentic_body(delivery: DeliveryRequest, source: ActiveSource) -> bytes:
    """Return the exact bytes of the body after verifying that the source signed them. Raises Refused."""
    headers = delivery.headers
    if headers.get("Content-Encoding", "").strip().lower() not in IDENTITY_ENCODINGS:
        raise Refused(RefusalReason.ENCODING, "Send the body as it is, without a Content-Encoding.")
    body = delivery.body(source.max_body_bytes)
    try:
        signatures.verify(source, _decrypt_secrets(source), body, headers)
    except TimestampOutsideWindow as error:
        raise Refused(RefusalReason.TIMESTAMP, str(error)) from None
    except NotAuthentic as error:
        raise Refused(RefusalReason.SIGNATURE, str(error)) from None
    return body


def _decrypt_secrets(source: ActiveSource) -> list[str]:
    try:
        active_secrets = source.secrets()
    except NoEncryptionKey as error:
        encryption_circuit.record_failure(error)
        raise Refused(RefusalReason.UNAVAILABLE, "The signature cannot be checked now; try again.") from None
    encryption_circuit.record_success()
    return active_secrets
