"""The admin of sources: what they have received, the address for the vendor, and a secret shown once."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import EMPTY, number_cell
from crmmirror.lib.admin_kit.local_times import time_cell, zoned_heading
from entities.access.visibility import visibility_of
from entities.audit import identify_actor
from entities.models import AuditAction
from entities.vendors import UnusableVendor, find_vendor_problem
from events.admin.refusal_admin import describe_refusals
from events.admin.source_actions import SourceActions
from events.admin.source_forms import NewSourceForm, SourceForm
from events.admin.vendor_api.load_acts import find_load_url
from events.admin.vendor_api.whole_source import sees_whole
from events.models import Source
from events.reports.overview import read_source_activity
from events.reports.source_health import read_source_health
from events.signatures.signature_rows import get_signatures, uses_key_pair
from events.sources.public_address import public_url
from events.sources.registry import create_source
from events.sources.trial_keys import HAS_TRIAL_KEY, active_trial_keys, add_trial_key_if_on

TRIAL_KEY_BADGE = format_html('<span class="badge" data-word="pending">{}</span>', "trial key")


class SourceList(ChangeList):
    """The list of sources. Each has an attribute `activity`, which all columns of its row share."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        sources = self.result_list.annotate(has_trial_key=HAS_TRIAL_KEY)
        activities = read_source_activity(sources, visibility_of(request.user))
        for activity in activities:
            activity.source.activity = activity  # type: ignore[attr-defined]
        self.result_list = [activity.source for activity in activities]


class SourceAdmin(SourceActions):
    """The list of sources, and the pages that add and change one."""

    list_display = ("slug", "vendor", "scheme_cell", "active", "last_day", "pending", "last_event")
    show_full_result_count = False
    add_form_template = "events/source_add.html"
    change_form_template = "events/source.html"
    add_action = AuditAction.SOURCE_CREATED
    change_action = AuditAction.SOURCE_CHANGED

    @admin.display(description="scheme", ordering="scheme")
    def scheme_cell(self, source: Any) -> SafeString:
        """Name the scheme; and say that the mirror's own signatures are accepted, while they are."""
        scheme = source.get_scheme_display()
        return (
            format_html("{} {}", scheme, TRIAL_KEY_BADGE)
            if source.has_trial_key
            else format_html("{}", scheme)
        )

    @admin.display(description="events in 24 hours")
    def last_day(self, source: Any) -> SafeString:
        return number_cell(str(source.activity.last_day))

    @admin.display(description="pending")
    def pending(self, source: Any) -> SafeString:
        return number_cell(str(source.activity.pending))

    @admin.display(description=zoned_heading("last event"))
    def last_event(self, source: Any) -> SafeString:
        received_at = source.activity.last_event_at
        return time_cell(received_at, relative=True) if received_at else EMPTY

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SourceList

    def has_delete_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """Return False: a source is made inactive instead, and its events stay."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"title": "Sources", **(extra_context or {})})

    def get_form(
        self, request: HttpRequest, obj: Source | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form = SourceForm if change else NewSourceForm
        return super().get_form(request, obj, change, **kwargs | {"form": form})

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> tuple[str, ...]:
        return ("vendor",) if obj else ()

    def get_fields(self, request: HttpRequest, obj: Source | None = None) -> list[Any]:
        return list(SourceForm.Meta.fields) if obj else [*NewSourceForm.Meta.fields, "secret"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            obj.save()
            return
        source, secret = create_source(**form.source_arguments())
        add_trial_key_if_on(source, identify_actor(request))
        vars(obj).update(vars(source))
        obj.secret_shown_once = secret

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret in this very answer: it is stored only encrypted."""
        context = {
            **self.admin_site.each_context(request),
            **_address_context(obj),
            "opts": self.opts,
            "title": "The source is ready",
            "source": obj,
            "secret": obj.secret_shown_once,
            "has_key_pair": uses_key_pair(obj),
            "trial_key": active_trial_keys(obj).first(),
            "load_url": find_load_url(request, obj),
        }
        return TemplateResponse(request, "events/source_created.html", context)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Source | None = None,
    ) -> HttpResponse:
        context |= {"show_save_and_add_another": False, "show_save_and_continue": change}
        context |= {**_address_context(obj), **self._sections_context(request, obj)} if obj else {}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _sections_context(self, request: HttpRequest, source: Source) -> dict[str, Any]:
        """Return what the sections below the form show."""
        return {
            **self.secrets_context(source),
            "vendor_problem": find_vendor_problem(source.vendor),
            "load_url": find_load_url(request, source),
            "may_reconcile": sees_whole(request, source),
            **self._health_context(request, source),
        }

    def _health_context(self, request: HttpRequest, source: Source) -> dict[str, Any]:
        """Return what stands above and below the form to those who may see events and refusals."""
        health = read_source_health(source, visibility_of(request.user))
        return {
            "health": health,
            "may_view_refusals": health.refusals is not None,
            "tallies": describe_refusals(health.refusals or ()),
        }


def _address_context(source: Source) -> dict[str, str]:
    """Return what the vendor's form asks for: the address, and the header of the signature."""
    path = reverse("webhooks:receive", args=[source.uuid])
    try:
        header = get_signatures(source)[0].header
    except UnusableVendor:
        header = ""
    return {"address": public_url(path), "header": header}
