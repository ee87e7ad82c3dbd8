"""Authentication of a delivery: its signature is verified with the active secrets of its source."""

from functools import cache

from crmmirror.lib.circuit_breaker import CircuitBreaker
from events import signatures
from events.endpoint.delivery_request import DeliveryRequest
from events.refusals.reasons import RefusalReason, Refused
from events.signatures import NotAuthentic, TimestampOutsideWindow
from events.sources.encryption import NoEncryptionKey
from events.sources.lookup import ActiveSource
from events.sources.readable_secrets import SecretReading

IDENTITY_ENCODINGS = ("", "identity")


def read_authentic_body(delivery: DeliveryRequest, source: ActiveSource) -> bytes:
    """Return the exact bytes of the body after verifying that the source signed them. Raises Refused.

    A secret that cannot be decrypted may be the one that signed the body: what no other secret proves is to
    be sent again, once the key is back. Raises entities.vendors.UnusableVendor.
    """
    headers = delivery.headers
    if headers.get("Content-Encoding", "").strip().lower() not in IDENTITY_ENCODINGS:
        raise Refused(RefusalReason.ENCODING, "Send the body as it is, without a Content-Encoding.")
    body = delivery.body(source.max_body_bytes)
    reading = source.read_secrets()
    _log_unreadable(source, reading)
    try:
        signatures.verify(
            source, reading.readable, body, headers, delivery.public_url, source.read_trial_keys()
        )
    except TimestampOutsideWindow as error:
        raise Refused(RefusalReason.TIMESTAMP, str(error)) from None
    except NotAuthentic as error:
        if reading.unreadable_count:
            detail = "The signature cannot be checked now; try again."
            raise Refused(RefusalReason.UNAVAILABLE, detail) from None
        raise Refused(RefusalReason.SIGNATURE, str(error)) from None
    return body


@cache
def _encryption_circuit(source: str) -> CircuitBreaker:
    """Return the circuit breaker of one source: only its log lines are used, one for each change."""
    return CircuitBreaker("encryption_key", source=source)


def _log_unreadable(source: ActiveSource, reading: SecretReading) -> None:
    circuit = _encryption_circuit(source.slug)
    if reading.unreadable_count:
        circuit.record_failure(NoEncryptionKey())
    else:
        circuit.record_success()
