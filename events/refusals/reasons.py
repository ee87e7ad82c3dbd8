"""The reasons for which a delivery is refused, and the exception that carries one."""

from enum import StrEnum


class RefusalReason(StrEnum):
    """Why a delivery was refused; the values are shown in the admin, the metrics and the answers."""

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
    """Ends the handling of a delivery.

    detail: for the sender; holds nothing of the body and no secret.
    retry_after: seconds, if the sender is told; 0 if it is not, or the reason has its own.
    source, source_id: the slug and id, if the source is known.
    """

    def __init__(self, reason: RefusalReason, detail: str, retry_after: int = 0) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after
        self.source = ""
        self.source_id: int | None = None
