"""Refused deliveries: why, and the answer; every refusal passes through `refuse`.

Answers are problem details (RFC 9457).
"""

from dataclasses import dataclass, field
from enum import StrEnum

from django.http import JsonResponse

from events import metrics

RETRY_AFTER_SECONDS = 30


class Reason(StrEnum):
    """Why a delivery was refused."""

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


@dataclass(frozen=True)
class Problem:
    status: int
    title: str
    headers: dict[str, str] = field(default_factory=dict)


PROBLEMS = {
    Reason.METHOD: Problem(405, "Deliveries are posted", {"Allow": "POST"}),
    Reason.UNKNOWN_SOURCE: Problem(404, "No active source at this address"),
    Reason.ENCODING: Problem(415, "Encoded bodies are not taken", {"Accept-Encoding": "identity"}),
    Reason.SIZE: Problem(413, "Body too large"),
    Reason.SHORT_BODY: Problem(400, "Body empty or incomplete"),
    Reason.SIGNATURE: Problem(401, "Not signed by the source", {"WWW-Authenticate": "Webhook"}),
    Reason.TIMESTAMP: Problem(401, "Signed too long ago or ahead", {"WWW-Authenticate": "Webhook"}),
    Reason.RATE: Problem(429, "Too many deliveries"),
    Reason.NETWORK: Problem(403, "Not from a network of the source"),
    Reason.UNAVAILABLE: Problem(503, "Not able to store now", {"Retry-After": str(RETRY_AFTER_SECONDS)}),
}


class Refused(Exception):
    """Ends the taking in of a delivery.

    detail: for the sender; holds nothing of the body and no secret.
    retry_after: seconds, where the sender is told; 0 where it is not, or the reason has its own.
    source, source_id: the slug and id, where the source is known.
    """

    def __init__(self, reason: Reason, detail: str, retry_after: int = 0) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after
        self.source = ""
        self.source_id: int | None = None


def refuse(refused: Refused) -> JsonResponse:
    """Counts the refusal, and answers it."""
    metrics.refused(refused.source, refused.reason)
    problem = PROBLEMS[refused.reason]
    content = {
        "type": f"urn:crmmirror:problem:{refused.reason}",
        "title": problem.title,
        "status": problem.status,
        "detail": refused.detail,
    }
    response = JsonResponse(
        content, status=problem.status, headers=problem.headers, content_type="application/problem+json"
    )
    if refused.retry_after:
        response.headers["Retry-After"] = str(refused.retry_after)
    # Django's own line would hold the path, and the uuid in the path may be a secret.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
