"""The two addresses of a login by OpenID Connect: where it begins, and where the provider sends the user."""

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from crmmirror.admin.login_audit import audit_failed_login
from crmmirror.lib.admin_kit.urls import read_next
from crmmirror.lib.log_bound import LogBound, shorten_line
from crmmirror.lib.token_bucket import Limit, consume
from crmmirror.lib.web.client_address import client_address, client_key
from crmmirror.login_throttle import (
    Throttled,
    address_limits,
    consume_attempt,
    mark_throttled,
    refund_attempt,
)
from crmmirror.readers.middleware import give_connection_back
from crmmirror.sign_on.login import Way, complete_login
from crmmirror.sign_on.oidc.external_users import find_or_create_user
from crmmirror.sign_on.oidc.oidc_client import (
    LoginRejected,
    ProviderUnavailable,
    fetch_claims,
    redirect_to_provider,
)
from crmmirror.sign_on.refusals import Refusal, refusal_page
from entities.audit import identify_actor

# Each beginning makes a session: a stranger may make so many.
START_LIMIT = Limit(60, 600)
NEXT = "oidc_next"

log = structlog.get_logger(__name__)
log_bound = LogBound()


def oidc_login_page(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider. A link leads here: the redirect of a form would be blocked."""
    key = f"login:oidc:{client_key(client_address(request.META))}"
    if wait_seconds := consume(key, START_LIMIT):
        return mark_throttled(refusal_page(request, Refusal.THROTTLED), wait_seconds)
    request.session[NEXT] = read_next(request)
    # The provider may take seconds to answer: not with a connection that others wait for.
    give_connection_back()
    callback_url = settings.WEB_URL + reverse("admin:oidc_callback")
    try:
        return redirect_to_provider(request, callback_url)
    except ProviderUnavailable as error:
        _log_error(error)
        return refusal_page(request, Refusal.UNAVAILABLE)


def oidc_callback_page(request: HttpRequest) -> HttpResponse:
    """Log in the user whom the provider has sent back, or say why not."""
    limits = address_limits(request)
    try:
        consume_attempt(limits)
    except Throttled as throttled:
        return mark_throttled(refusal_page(request, Refusal.THROTTLED), throttled.wait_seconds)
    address = request.session.get(NEXT, "")
    give_connection_back()
    try:
        claims = fetch_claims(request)
    except ProviderUnavailable as error:
        _log_error(error)
        return _refuse(request, Refusal.UNAVAILABLE)
    except LoginRejected as error:
        _log_error(error)
        return _refuse(request, Refusal.REJECTED)
    outcome = find_or_create_user(claims, identify_actor(request))
    if outcome.user is None:
        name = str(claims.get(settings.OIDC_USERNAME_CLAIM) or "")
        return _refuse(request, outcome.refusal or Refusal.REJECTED, name)
    refund_attempt(limits)
    request.session.pop(NEXT, None)
    return complete_login(request, outcome.user, Way.OIDC, address)


def _refuse(request: HttpRequest, refusal: Refusal, name: str = "") -> HttpResponse:
    audit_failed_login(request, name, way=Way.OIDC.value, reason=refusal.word)
    return refusal_page(request, refusal)


def _log_error(error: Exception) -> None:
    """Log why, once a minute for each kind: strangers can call the address as often as they like."""
    kind = type(error).__name__
    log_bound.write(kind, log.warning, "oidc_login_failed", kind=kind, error=shorten_line(str(error)))
