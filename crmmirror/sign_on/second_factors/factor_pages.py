"""The pages of second factors: the code at a login, adding one at a login, and a user's own page."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.safestring import mark_safe

from crmmirror.admin.login_audit import audit_failed_login
from crmmirror.login_throttle import Throttled, code_limits, consume_attempt, mark_throttled, refund_attempt
from crmmirror.sign_on.login import Way, complete_login
from crmmirror.sign_on.pending_login import find_pending_login, forget_pending_login
from crmmirror.sign_on.second_factors import factor_codes
from entities.audit import Actor, identify_actor, write_audit_entry
from entities.models import AuditAction, SecondFactor, find_second_factor

WRONG_CODE = "This code is wrong, or was used before. Wait for the next one of your app, and enter that."


class CodeForm(forms.Form):
    """A code of an app, or a recovery code."""

    code = forms.CharField(
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )
    wait_seconds = 0.0


def login_code_page(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor after the right password, and complete the login."""
    pending = find_pending_login(request)
    if pending is None or find_second_factor(pending.user) is None:
        return redirect("admin:login")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and (factor := _check_code(request, form, pending.user)):
        forget_pending_login(request)
        return complete_login(request, pending.user, Way.PASSWORD, pending.address, factor)
    context = _context(request, "Second factor", form=form, name=pending.user.get_username())
    return mark_throttled(TemplateResponse(request, "sign_on/code.html", context), form.wait_seconds)


def login_enrol_page(request: HttpRequest) -> HttpResponse:
    """Let a user add the second factor without which he may not log in, and complete the login."""
    pending = find_pending_login(request)
    if pending is None or find_second_factor(pending.user):
        return redirect("admin:login")
    factor = factor_codes.begin_enrolment(pending.user)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and (codes := _confirm(request, form, factor)):
        forget_pending_login(request)
        response = complete_login(request, pending.user, Way.PASSWORD, pending.address, "totp")
        page = _recovery_page(request, codes, continue_url=response.url)
        page.cookies = response.cookies
        return page
    context = _context(request, "Add a second factor", form=form, **_key_context(factor))
    return mark_throttled(TemplateResponse(request, "sign_on/enrol.html", context), form.wait_seconds)


def second_factor_page(request: HttpRequest) -> HttpResponse:
    """Let a user add, renew or remove his own second factor. Raises Http404 if there are none."""
    if settings.SECOND_FACTOR == "off":
        raise Http404
    user = cast(User, request.user)
    if find_second_factor(user) is None:
        return _own_enrolment(request, user)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and _check_code(request, form, user):
        return _change_own(request, user)
    context = _context(request, "Second factor", form=form, is_required=settings.SECOND_FACTOR == "required")
    return mark_throttled(TemplateResponse(request, "sign_on/second_factor.html", context), form.wait_seconds)


def _own_enrolment(request: HttpRequest, user: User) -> HttpResponse:
    # A key is made by a form only: no GET changes anything.
    factor = SecondFactor.objects.filter(user=user).first()
    if request.method == "POST" and factor is None:
        factor = factor_codes.begin_enrolment(user)
        return redirect("admin:second_factor")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and factor and (codes := _confirm(request, form, factor)):
        return _recovery_page(request, codes)
    context = _context(request, "Add a second factor", form=form)
    if factor is None:
        return TemplateResponse(request, "sign_on/begin.html", context)
    response = TemplateResponse(request, "sign_on/enrol.html", context | _key_context(factor))
    return mark_throttled(response, form.wait_seconds)


def _change_own(request: HttpRequest, user: User) -> HttpResponse:
    """Do what the button says, after the right code."""
    if request.POST.get("act") == "renew":
        with transaction.atomic():
            codes = factor_codes.renew_recovery_codes(user)
            write_audit_entry(identify_actor(request), AuditAction.RECOVERY_CODES_RENEWED, user)
        return _recovery_page(request, codes)
    with transaction.atomic():
        SecondFactor.objects.filter(user=user).delete()
        write_audit_entry(identify_actor(request), AuditAction.SECOND_FACTOR_REMOVED, user)
    messages.success(request, "The second factor is removed.")
    return redirect("admin:second_factor")


def _confirm(request: HttpRequest, form: CodeForm, factor: SecondFactor) -> list[str]:
    """Let the second factor count if the code is right; return its recovery codes, or none."""
    codes: list[str] = []

    def confirm(code: str) -> bool:
        codes.extend(factor_codes.confirm_enrolment(factor, code))
        return bool(codes)

    with transaction.atomic():
        if _try_code(request, form, factor.user, confirm):
            # Of whoever is about to be logged in: the request has no user yet.
            actor = Actor(factor.user, factor.user.get_username(), identify_actor(request).address)
            write_audit_entry(actor, AuditAction.SECOND_FACTOR_ADDED, factor.user)
    return codes


def _check_code(request: HttpRequest, form: CodeForm, user: User) -> str:
    """Return which factor the code of the form proves; empty, with an error in the form, if none."""

    def accept(code: str) -> str:
        factor = factor_codes.accept_code(user, code)
        if not factor:
            audit_failed_login(request, user.get_username(), way=Way.PASSWORD.value, reason="second factor")
        return factor

    return _try_code(request, form, user, accept) or ""


def _try_code(request: HttpRequest, form: CodeForm, user: User, accept: Any) -> Any:
    """Return what `accept` makes of the code, within the limit of attempts; or None with a form's error."""
    if not form.is_valid():
        return None
    limits = code_limits(request, user)
    try:
        consume_attempt(limits)
    except Throttled as throttled:
        form.wait_seconds = throttled.wait_seconds
        form.add_error("code", str(throttled))
        return None
    result = accept(form.cleaned_data["code"])
    if result:
        refund_attempt(limits)
    else:
        form.add_error("code", WRONG_CODE)
    return result


def _recovery_page(request: HttpRequest, codes: list[str], continue_url: str = "") -> HttpResponse:
    context = _context(request, "Recovery codes", codes=codes, continue_url=continue_url)
    response = TemplateResponse(request, "sign_on/recovery_codes.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _key_context(factor: SecondFactor) -> dict[str, Any]:
    """Return the key of a factor that is about to be confirmed: as text, and as a QR code."""
    key = factor_codes.read_key(factor)
    spaced = " ".join(key[start : start + 4] for start in range(0, len(key), 4))
    # The library's own drawing, of a text of ours.
    return {"key": spaced, "qr_code": mark_safe(factor_codes.draw_qr_code(factor.user, key))}  # noqa: S308


def _context(request: HttpRequest, title: str, **values: Any) -> dict[str, Any]:
    return {**admin.site.each_context(request), "title": title, **values}
