"""The reasons for which a delivery is refused, and the exception that carries one."""

from enum import StrEnum


class RefusalReason(StrEnum):
    """The reasons to refuse a delivery, as the admin, the metrics and the answers show them."""

    METHOD = "method"
    UNKNOWN_SOURCE = "unknown-source"
    ENCODING = "encoding"
    SIZE = "size"
    SHORT_BODY = "short-body"
    SIGNATURE = "signature"
    TIMESTAMP = "timestamp"
    RATE = "rate"
    NETWORK = "network"
    UNAVAILABLE = "unavailable"


class Refused(Exception):
    """Ends the handling of a delivery with a refusal.

    detail: the text that the sender receives; never contains a secret or a part of the body.
    retry_after: the seconds to send in Retry-After; 0 for the default of the reason.
    source, source_id: the slug and the id of the source; empty and None if it is not known.
    """

    def __init__(self, reason: RefusalReason, detail: str, retry_after: int = 0) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after
        self.source = ""
        self.source_id: int | None = None
