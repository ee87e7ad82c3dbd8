"""The answers of /healthz and /readyz, which anybody may ask, and of /metrics, which not everybody may.

A balancer goes by /healthz: the endpoint stores what it is sent as long as it answers at all, or says
503 itself. /readyz is for those who can mend something, and for a rollout that waits for `migrate`.
"""

import hmac
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from crmmirror.health.checks import OK, run_checks
from crmmirror.token_throttle import ThrottledTokenAuthentication
from entities.api.authentication import StaffSessionAuthentication
from events.monitoring.exposition import BacklogCollector, CountsCollector, make_registry

REGISTRY = make_registry(CountsCollector(), BacklogCollector())


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """`{"status": "ready" | "not ready", "checks": {name: {"state", "detail", "do"}}}`, in about a second."""
    found = run_checks()
    ready = all(finding.state == OK.state for finding in found.values())
    content = {
        "status": "ready" if ready else "not ready",
        "checks": {name: asdict(finding) for name, finding in found.items()},
    }
    return JsonResponse(content, status=200 if ready else 503)


class MetricsToken(BaseAuthentication):
    """`Authorization: Bearer …` with the METRICS_TOKEN of the settings; needs no database."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, "MetricsToken"] | None:
        scheme, _, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        expected = settings.METRICS_TOKEN.encode()
        if not expected or not hmac.compare_digest(token.strip(), expected):
            raise AuthenticationFailed("Unknown token.")
        return AnonymousUser(), self

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class MayReadMetrics(BasePermission):
    """Whoever holds the METRICS_TOKEN, or may view events."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, MetricsToken) or request.user.has_perm("events.view_event")


class MetricsView(APIView):
    """What Prometheus scrapes, in its text format."""

    authentication_classes = [MetricsToken, ThrottledTokenAuthentication, StaffSessionAuthentication]
    permission_classes = [MayReadMetrics]
    schema = None

    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple:
        """There is one format; Prometheus asks for several by names that the framework does not know."""
        return super().perform_content_negotiation(request, force=True)
