"""The admin site: its name, front page, login and order of models, and its answer to junk in a request.

The apps are imported inside the methods, because Django makes the site before their models are loaded.
"""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.request_check import REQUEST_ERRORS, check_query

if TYPE_CHECKING:
    from django.contrib.auth.forms import AuthenticationForm
    from django.contrib.auth.models import User

# The apps that staff work with come first.
APP_ORDER = ("entities", "events", "auth")

MAX_REASON_LENGTH = 200

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class MirrorSite(AdminSite):
    """The one admin site, with the throttled login and the overview."""

    site_header = "CRM mirror"
    site_title = "CRM mirror"
    index_title = "Home"
    site_url = None
    index_template = "admin/home.html"

    @property
    def login_form(self) -> "type[AuthenticationForm]":  # type: ignore[override]
        from crmmirror.login_throttle import LoginForm

        return LoginForm

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the login, or log in whom a trusted proxy names. The form is Django's, what follows is not."""
        from crmmirror.admin.login_audit import audit_failed_form
        from crmmirror.login_throttle import mark_throttled
        from crmmirror.sign_on.password_login import PasswordLogin
        from crmmirror.sign_on.remote_user import log_in_remote_user, read_remote_user

        if request.method == "GET" and self.has_permission(request):
            return redirect("admin:index")
        if name := read_remote_user(request):
            return log_in_remote_user(request, name)
        context = {
            **self.each_context(request),
            "title": "Log in",
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            "password_login": settings.PASSWORD_LOGIN,
            "oidc_name": settings.OIDC_ISSUER and settings.OIDC_NAME,
        }
        if REDIRECT_FIELD_NAME not in request.GET | request.POST:
            context[REDIRECT_FIELD_NAME] = reverse("admin:index")
        view = PasswordLogin.as_view(
            extra_context=context | (extra_context or {}),
            authentication_form=self.login_form,
            template_name="admin/login.html",
        )
        response = cast(HttpResponse, view(request))
        form = (getattr(response, "context_data", None) or {}).get("form")
        mark_throttled(response, getattr(form, "wait_seconds", 0))
        audit_failed_form(request, response)
        return response

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Log out, and offer the way to the end of the session at the provider, if the login came from there.

        A link does that: the browser would block the redirect of a form to elsewhere.
        """
        from crmmirror.sign_on.login import WAY, Way
        from crmmirror.sign_on.oidc.oidc_client import find_logout_url

        is_oidc = settings.OIDC_ISSUER and request.session.get(WAY) == Way.OIDC
        url = find_logout_url(settings.WEB_URL + reverse("admin:login")) if is_oidc else ""
        context = {"provider_logout_url": url, "oidc_name": settings.OIDC_NAME}
        return super().logout(request, context | (extra_context or {}))

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        from crmmirror.admin.login_audit import audit_password_change

        with transaction.atomic():
            response = super().password_change(request, extra_context)
            audit_password_change(request, response, cast("User", request.user))
        return response

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Return Django's wrapper around the view; it also answers 400 to a request that cannot be used."""

        @wraps(view)
        def checked_view(request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
            try:
                check_query(request)
                return view(request, *args, **options)
            except REQUEST_ERRORS as error:
                return self._unusable_request_page(request, str(error))

        return super().admin_view(cast(View, checked_view), cacheable)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from crmmirror.admin.time_zone_page import time_zone_page
        from crmmirror.shell.pages import make_page_urls
        from crmmirror.sign_on.login_urls import make_login_urls

        time_zone = path("time-zone/", self.admin_view(time_zone_page), name="time_zone")
        return [*make_login_urls(self), *make_page_urls(self), time_zone, *super().get_urls()]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        from crmmirror.admin.time_zone_page import offers_time_zone
        from crmmirror.shell.menu import build_menu

        frame = {
            "zone_name": str(timezone.get_current_timezone()),
            "offers_time_zone": offers_time_zone(request),
            "offers_second_factor": settings.SECOND_FACTOR != "off",
            # Lazy, because not every answer is rendered; and built once, though it stands on a page twice.
            "navigation": SimpleLazyObject(lambda: build_menu(request)),
        }
        return super().each_context(request) | frame

    def _unusable_request_page(self, request: HttpRequest, reason: str) -> HttpResponse:
        context = {
            **self.each_context(request),
            "title": "This request cannot be used",
            "reason": shorten(reason, MAX_REASON_LENGTH),
            "path": request.path,
        }
        return TemplateResponse(request, "admin_kit/unusable_request.html", context, status=400)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from entities.admin.home.home_page import build_home
        from events.admin.overview_page import build_overview

        can_view_events = request.user.has_perm("events.view_event")
        summary = build_overview(request.user) if can_view_events else None
        sources = [line.source for line in summary.sources] if summary else None
        context = {"summary": summary, "home": build_home(request, sources)}
        return super().index(request, context | (extra_context or {}))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Return Django's list with the apps in APP_ORDER and the record models in the order of LISTINGS."""
        from entities.admin.listings import LISTINGS

        app_list = super().get_app_list(request, app_label)
        for app in app_list:
            app["models"].sort(key=lambda model: _position(model["object_name"].lower(), tuple(LISTINGS)))
        return sorted(app_list, key=lambda app: _position(app["app_label"], APP_ORDER))


class MirrorAdminConfig(AdminConfig):
    """The app that INSTALLED_APPS names in place of `django.contrib.admin`."""

    default_site = "crmmirror.admin_site.MirrorSite"


def _position(name: str, order: tuple[str, ...]) -> int:
    """Return a name's position in an order, for sorting; names that the order does not have come last."""
    return order.index(name) if name in order else len(order)
