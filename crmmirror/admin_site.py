"""The admin site: its name, its front page, and the order in which it lists what there is."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

if TYPE_CHECKING:
    from django.contrib.auth.forms import AuthenticationForm

# What the staff work with comes first.
APP_ORDER = ("entities", "events", "auth")


class MirrorSite(AdminSite):
    site_header = "CRM mirror"
    site_title = "CRM mirror"
    index_title = "Overview"
    site_url = None
    index_template = "events/overview.html"

    @property
    def login_form(self) -> "type[AuthenticationForm]":  # type: ignore[override]
        from crmmirror.login_throttle import LoginForm

        return LoginForm

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        from crmmirror.login_throttle import complete_login_response

        return complete_login_response(request, super().login(request, extra_context))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from events.admin.overview_page import build_overview

        may_see = request.user.has_perm("events.view_event")
        context = {"summary": build_overview() if may_see else None}
        return super().index(request, context | (extra_context or {}))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Django's list, apps in the order above, records in the order of their listings."""
        from entities.admin.listings import LISTINGS

        app_list = super().get_app_list(request, app_label)
        for app in app_list:
            app["models"].sort(key=lambda model: _place(model["object_name"].lower(), tuple(LISTINGS)))
        return sorted(app_list, key=lambda app: _place(app["app_label"], APP_ORDER))


class MirrorAdminConfig(AdminConfig):
    default_site = "crmmirror.admin_site.MirrorSite"


def _place(name: str, order: tuple[str, ...]) -> int:
    return order.index(name) if name in order else len(order)
