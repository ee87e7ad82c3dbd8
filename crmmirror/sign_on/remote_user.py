"""Users whom a proxy in front has let in, and names in a header (REMOTE_USER_HEADER)."""

from ipaddress import ip_address

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse

from crmmirror.admin.login_audit import audit_failed_login
from crmmirror.lib.admin_kit.urls import read_next
from crmmirror.lib.web.allowed_networks import parse_networks
from crmmirror.sign_on.login import Way, complete_login
from crmmirror.sign_on.refusals import Refusal, refusal_page


def read_remote_user(request: HttpRequest) -> str:
    """Return the name that a trusted proxy gives the user of the request; empty if none does.

    It is trusted by the address of the connection itself, which cannot be forged, unlike X-Forwarded-For.
    """
    if not settings.REMOTE_USER_HEADER:
        return ""
    try:
        peer = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return ""
    peer = getattr(peer, "ipv4_mapped", None) or peer
    if not any(peer in network for network in parse_networks(settings.REMOTE_USER_PROXIES)):
        return ""
    return request.headers.get(settings.REMOTE_USER_HEADER, "").strip()


def log_in_remote_user(request: HttpRequest, name: str) -> HttpResponse:
    """Log in the user of this name, whom the proxy has let in; or return the page that says why not."""
    user = User.objects.filter(username=name).first()
    if user and user.is_active and user.is_staff:
        return complete_login(request, user, Way.REMOTE_USER, read_next(request))
    refusal = Refusal.INACTIVE if user else Refusal.UNKNOWN
    audit_failed_login(request, name, way=Way.REMOTE_USER.value, reason=refusal.word)
    return refusal_page(request, refusal)
