"""The actions on a source other than changing its fields: rotate or end its secrets, send a test event."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html

from crmmirror.lib.admin_kit.urls import change_url
from entities.access.visibility import visibility_of
from entities.access.visible_rows import VisibleRowsAdmin
from entities.admin.audit.audited_admin import AuditedAdmin
from entities.admin.record_links import event_url
from entities.audit import identify_actor, write_audit_entry
from entities.models import AuditAction
from entities.vendors import UnusableVendor
from events.admin.vendor_api.load_acts import act_routes
from events.admin.vendor_api.load_page import load_page
from events.admin.vendor_api.reconcile_page import reconcile_page
from events.admin.vendor_api.whole_source import sees_whole
from events.models import Source, SourceSecret
from events.sender.test_event import send_test_event
from events.sender.webhook_client import DeliveryAnswer, EndpointUnreachable
from events.signatures import UnfitSecret
from events.signatures.signature_rows import uses_key_pair, uses_secrets
from events.sources import rotation
from events.sources.encryption import NoEncryptionKey
from events.sources.readable_secrets import REMEDY, is_readable
from events.sources.registry import one_line_message
from events.sources.rotation import MAX_OVERLAP, active_secrets, all_secrets, end_secret, rotate_secret
from events.sources.trial_keys import NoSigningSecret, active_trial_keys, add_trial_key

MAX_OVERLAP_HOURS = MAX_OVERLAP // timedelta(hours=1)
DEFAULT_OVERLAP_HOURS = rotation.DEFAULT_OVERLAP // timedelta(hours=1)


@dataclass(frozen=True)
class ListedSecret:
    """A row of the list of secrets. secret: has the boolean `is_active`."""

    secret: SourceSecret
    is_readable: bool


class RotationForm(forms.Form):
    """The new secret of a source, and how long its old secrets stay active."""

    secret = forms.CharField(
        required=False,
        strip=True,
        help_text="Fill this in only if the vendor gives you a secret. Otherwise a new secret is created.",
    )
    overlap = forms.FloatField(
        min_value=0,
        max_value=MAX_OVERLAP_HOURS,
        initial=DEFAULT_OVERLAP_HOURS,
        label="Hours until the old secrets end",
        help_text="Until then, old and new secrets are accepted. Enter 0 if an old secret has leaked.",
    )


class SourceActions(VisibleRowsAdmin, AuditedAdmin):
    """The pages below a source's own. They need the permission to change the source."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return True if the user may, and would see the source that he adds."""
        return visibility_of(request.user).is_unlimited and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """Return True if the user may, and sees all of the source: a secret is of all its sub-accounts."""
        is_whole = obj is None or sees_whole(request, obj)
        return is_whole and super().has_change_permission(request, obj)

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
            "rotate": ("rotate/", self.rotate_view),
            "trial": ("trial/", self.send_test_event_view),
            "end_secret": ("secrets/<int:secret_id>/end/", self.end_secret_view),
            "add_trial_key": ("trial-key/", self.add_trial_key_view),
            "load": ("load/", partial(load_page, self)),
            **act_routes(self),
            "reconcile": ("reconcile/", partial(reconcile_page, self)),
        }
        views = [
            path(f"<int:source_id>/{route}", self.admin_site.admin_view(view), name=f"events_source_{name}")
            for name, (route, view) in pages.items()
        ]
        return [*views, *super().get_urls()]

    def rotate_view(self, request: HttpRequest, source_id: int) -> HttpResponse:
        """Rotate the secret, and show the new one in this very answer: it is stored only encrypted."""
        source = self._get_changeable_source(request, source_id)
        form = RotationForm(request.POST or None)
        secret = self._rotate(request, source, form) if request.method == "POST" and form.is_valid() else ""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "The new secret" if secret else "Rotate the secret",
            "source": source,
            "form": form,
            "secret": secret,
            "old_secrets": active_secrets(source).exclude(expires_at=None),
        }
        if secret:
            self.log_change(request, source, "Rotated the secret.")
        template = "events/secret_new.html" if secret else "events/secret_rotate.html"
        return TemplateResponse(request, template, context)

    def send_test_event_view(self, request: HttpRequest, source_id: int) -> HttpResponse:
        """Send a test event, and show what the endpoint answered."""
        source = self._get_changeable_source(request, source_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            answer = send_test_event(source)
        except (EndpointUnreachable, NoSigningSecret, NoEncryptionKey, UnfitSecret, UnusableVendor) as error:
            self.message_user(request, f"The test event was not delivered. {error}", messages.ERROR)
        else:
            level = messages.SUCCESS if answer.event else messages.ERROR
            self.message_user(request, _describe_answer(answer), level)
        return redirect(change_url(Source, source.pk))

    def end_secret_view(self, request: HttpRequest, source_id: int, secret_id: int) -> HttpResponse:
        """End one secret or trial key at once; warn if the source has no active secret left."""
        source = self._get_changeable_source(request, source_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        with transaction.atomic():
            secret = get_object_or_404(SourceSecret, pk=secret_id, source=source)
            action = AuditAction.TRIAL_KEY_ENDED if secret.is_trial else AuditAction.SECRET_ENDED
            word = "trial key" if secret.is_trial else "secret"
            end_secret(secret)
            self.log_change(request, source, f"Ended {word} {secret_id}.")
            write_audit_entry(identify_actor(request), action, source, secret=secret_id)
        self.message_user(request, f"{word.capitalize()} {secret_id} has ended.", messages.SUCCESS)
        if _needs_secret(source) and not active_secrets(source).exists():
            self.message_user(
                request,
                "The source has no active secret now: every delivery is refused until you rotate the secret.",
                messages.WARNING,
            )
        return redirect(change_url(Source, source.pk))

    def add_trial_key_view(self, request: HttpRequest, source_id: int) -> HttpResponse:
        """Make a trial key, which signs test events until it is ended."""
        source = self._get_changeable_source(request, source_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            with transaction.atomic():
                add_trial_key(source, identify_actor(request))
                self.log_change(request, source, "Made a trial key.")
        except ValidationError as error:
            self.message_user(request, f"No trial key was made. {one_line_message(error)}", messages.ERROR)
        except (NoEncryptionKey, UnusableVendor) as error:
            self.message_user(request, f"No trial key was made. {error}", messages.ERROR)
        else:
            self.message_user(request, "The trial key is made. End it when you have tried.", messages.SUCCESS)
        return redirect(change_url(Source, source.pk))

    def secrets_context(self, source: Source) -> dict[str, Any]:
        """Return what the source's page needs to list its secrets."""
        listed = [ListedSecret(secret, is_readable(secret)) for secret in all_secrets(source)]
        return {
            **_signing_context(source),
            "secrets": listed,
            "trial_key": active_trial_keys(source).first(),
            "unreadable_remedy": "" if all(line.is_readable for line in listed) else REMEDY,
        }

    def _get_changeable_source(self, request: HttpRequest, source_id: int) -> Source:
        source = self.get_queryset(request).filter(pk=source_id).first()
        if not self.has_change_permission(request, source):
            raise PermissionDenied
        if source is None:
            raise Http404("There is no source with that id.")
        return source

    def _rotate(self, request: HttpRequest, source: Source, form: RotationForm) -> str:
        """Return the new secret; empty if there was an error, which the form then shows."""
        hours = form.cleaned_data["overlap"]
        try:
            with transaction.atomic():
                secret, _ = rotate_secret(source, form.cleaned_data["secret"], timedelta(hours=hours))
                actor = identify_actor(request)
                write_audit_entry(actor, AuditAction.SECRET_ROTATED, source, overlap_hours=hours)
            return secret
        except ValidationError as error:
            form.add_error(None if "overlap" in error.message_dict else "secret", error.messages)
        except (NoEncryptionKey, UnusableVendor) as error:
            form.add_error(None, str(error))
        return ""


def _needs_secret(source: Source) -> bool:
    """Return True unless nothing of the source is signed by a secret, or the module that says so is away."""
    try:
        return uses_secrets(source)
    except UnusableVendor:
        return False


def _signing_context(source: Source) -> dict[str, bool]:
    """Return what the section of secrets offers; nothing while the vendor's module is away."""
    try:
        return {"may_rotate": uses_secrets(source), "has_key_pair": uses_key_pair(source)}
    except UnusableVendor:
        return {"may_rotate": False, "has_key_pair": False}


def _describe_answer(answer: DeliveryAnswer) -> str:
    if answer.event:
        return format_html(
            'The test event was answered {} {}: <a href="{}">event {}</a>. It changes no record.',
            answer.status,
            answer.outcome,
            event_url(answer.event),
            answer.event,
        )
    return f"The test event was answered {answer.status}. {answer.detail}"
