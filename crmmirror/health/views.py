"""The views of /healthz and /readyz, which are open to everybody, and of /metrics, which needs a permission.

A load balancer should use /healthz: as long as a process answers at all, its endpoint either stores
deliveries or answers 503 itself. /readyz is for people who can repair something, and for a deployment that
waits for `migrate`.
"""

import hmac
import math
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from crmmirror.health.check_metrics import ChecksCollector
from crmmirror.health.checks import run_checks
from crmmirror.health.going import GOING, is_going
from crmmirror.health.metrics_throttle import MemoryTokenBuckets
from crmmirror.health.replica_metrics import ReplicaCollector
from crmmirror.lib.database.statement_timeout import statement_timeout
from crmmirror.lib.web.client_address import client_address, client_key
from crmmirror.postgresql.pools import Pool, use_pool
from crmmirror.token_throttle import FAILURE_LIMIT, ThrottledTokenAuthentication
from entities.access.visibility import viewer_of, visibility_of
from entities.access.visible_kinds import may_view
from entities.api.authentication import StaffSessionAuthentication
from events.models import Event
from events.monitoring.exposition import BacklogCollector, CountsCollector, make_registry
from events.monitoring.mirror_state import MirrorStateCollector

# A right token is always let in, so that nobody can keep Prometheus out.
failure_buckets = MemoryTokenBuckets(FAILURE_LIMIT)
REGISTRY = make_registry(
    CountsCollector(), BacklogCollector(), MirrorStateCollector(), ChecksCollector(), ReplicaCollector()
)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer "ok" without asking any other service: the process runs and can serve requests.

    A process that is going answers 503, because balancers go by this address.
    """
    if is_going():
        return HttpResponse("going\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Run the checks and answer within about a second: 200 if all are ok, else 503.

    The body is `{"status": "ready" | "not ready", "checks": {name: {"state", "detail", "do"}}}`. Of these,
    "process" is there only while this process is going.
    """
    results = run_checks() | ({"process": GOING} if is_going() else {})
    is_ready = all(result.is_ok for result in results.values())
    content = {
        "status": "ready" if is_ready else "not ready",
        "checks": {name: asdict(result) for name, result in results.items()},
    }
    return JsonResponse(content, status=200 if is_ready else 503)


class MetricsTokenAuthentication(BaseAuthentication):
    """Authenticates `Authorization: Bearer …` with the METRICS_TOKEN setting; needs no database."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, "MetricsTokenAuthentication"] | None:
        scheme, _, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        expected = settings.METRICS_TOKEN.encode()
        if not expected or not hmac.compare_digest(token.strip(), expected):
            _throttle_failure(request)
            raise AuthenticationFailed("Unknown token.")
        return AnonymousUser(), self

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _throttle_failure(request: Request) -> None:
    """Count a wrong token. Raises Throttled if the client's address has sent too many."""
    if wait_seconds := failure_buckets.consume(client_key(client_address(request.META))):
        raise Throttled(math.ceil(wait_seconds))


class MetricsPermission(BasePermission):
    """Allows those who send the METRICS_TOKEN, and those who may view events and see all of them."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, MetricsTokenAuthentication):
            return True
        viewer = viewer_of(request)
        return may_view(viewer, Event) and visibility_of(viewer).is_unlimited


class MetricsView(APIView):
    """The metrics, in the text format of Prometheus."""

    authentication_classes = [
        MetricsTokenAuthentication,
        ThrottledTokenAuthentication,
        StaffSessionAuthentication,
    ]
    permission_classes = [MetricsPermission]
    schema = None

    def get(self, request: Request) -> HttpResponse:
        # Prometheus with the METRICS_TOKEN has no connection yet, and must not wait behind readers for one.
        with use_pool(Pool.DELIVERIES), statement_timeout(settings.STATEMENT_SECONDS):
            return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple:
        """Ignore the Accept header: there is one format, and the framework does not know the names by which
        Prometheus asks for it, so that it would answer 406."""
        return super().perform_content_negotiation(request, force=True)
