"""The answers to refused deliveries, as problem details (RFC 9457)."""

from dataclasses import dataclass, field

from django.http import JsonResponse

from events.monitoring.metrics import count_refusal
from events.refusals.reasons import RefusalReason, Refused

RETRY_AFTER_SECONDS = 30


@dataclass(frozen=True)
class Problem:
    """The HTTP status, title and headers of the answer for one reason."""

    status: int
    title: str
    headers: dict[str, str] = field(default_factory=dict)


PROBLEMS = {
    RefusalReason.METHOD: Problem(405, "Deliveries are posted", {"Allow": "POST"}),
    RefusalReason.UNKNOWN_SOURCE: Problem(404, "No active source at this address"),
    RefusalReason.ENCODING: Problem(415, "Encoded bodies are not taken", {"Accept-Encoding": "identity"}),
    RefusalReason.SIZE: Problem(413, "Body too large"),
    RefusalReason.SHORT_BODY: Problem(400, "Body empty or incomplete"),
    RefusalReason.SIGNATURE: Problem(401, "Not signed by the source", {"WWW-Authenticate": "Webhook"}),
    RefusalReason.TIMESTAMP: Problem(401, "Signed too long ago or ahead", {"WWW-Authenticate": "Webhook"}),
    RefusalReason.RATE: Problem(429, "Too many deliveries"),
    RefusalReason.NETWORK: Problem(403, "Not from a network of the source"),
    RefusalReason.UNAVAILABLE: Problem(
        503, "Not able to store now", {"Retry-After": str(RETRY_AFTER_SECONDS)}
    ),
}


def refusal_response(refused: Refused) -> JsonResponse:
    """Count the refusal in the metrics, and return its answer."""
    count_refusal(refused.source, refused.reason)
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
    # Stops Django's own log line: it would contain the path, and the uuid in the path may be a secret.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
