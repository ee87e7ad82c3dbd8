"""Forgotten passwords: Django's own pages in the admin, and a mail with a link; if there is EMAIL_URL."""

from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordResetForm
from django.db import transaction
from django.forms import Form
from django.http import HttpResponse
from django.urls import URLPattern, path

from crmmirror.lib.token_bucket import Limit, consume
from crmmirror.lib.web.client_address import client_address, client_key
from crmmirror.login_throttle import mark_throttled
from crmmirror.sign_on.mail_queue import mails
from entities.audit import identify_actor, write_audit_entry
from entities.models import AuditAction

# Mails that may be asked for: from an address, and to one.
ADDRESS_LIMIT = Limit(10, 3600)
MAIL_LIMIT = Limit(3, 3600)
THROTTLED = "Too many such mails were asked for. Try again later."


class StaffResetForm(PasswordResetForm):
    """Django's form; mails go to staff who have a password, with the address of WEB_URL in the link.

    Not with the Host of the request, which whoever asks may choose.
    """

    def get_users(self, email: str) -> Any:
        return (user for user in super().get_users(email) if user.is_staff)

    def save(self, **options: Any) -> None:  # type: ignore[override]
        """Look for the users, and send them mails, after the answer: its time would tell who is known."""
        web = urlsplit(settings.WEB_URL)
        options |= {"domain_override": web.netloc, "use_https": web.scheme == "https", "request": None}
        mails.add(partial(super().save, **options))


class AdminContext:
    """Gives a view the context of every page of the admin."""

    def get_context_data(self, **options: Any) -> dict[str, Any]:
        context = super().get_context_data(**options)  # type: ignore[misc]
        return {**admin.site.each_context(self.request), **context}  # type: ignore[attr-defined]


class AskPage(AdminContext, views.PasswordResetView):
    """Asks for the address to which the mail is sent.

    The answer is the same whether there is such a user, and so is what is done before it.
    """

    form_class = StaffResetForm

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        address = client_key(client_address(self.request.META))
        limits = {
            f"reset:address:{address}": ADDRESS_LIMIT,
            f"reset:mail:{form.cleaned_data['email'].casefold()[:200]}": MAIL_LIMIT,
        }
        for key, limit in limits.items():
            if wait_seconds := consume(key, limit):
                form.add_error("email", THROTTLED)
                return mark_throttled(self.form_invalid(form), wait_seconds)
        return super().form_valid(form)


class AskedPage(AdminContext, views.PasswordResetDoneView):
    """Says that a mail is on its way, if there is such a user."""


class ConfirmPage(AdminContext, views.PasswordResetConfirmView):
    """Takes the new password of whoever followed the link. It logs nobody in: a second factor may lack."""

    def form_valid(self, form: Form) -> HttpResponse:
        with transaction.atomic():
            response = super().form_valid(form)  # type: ignore[arg-type]
            write_audit_entry(
                identify_actor(self.request), AuditAction.PASSWORD_CHANGED, self.user, way="mail"
            )
        return response


class CompletePage(AdminContext, views.PasswordResetCompleteView):
    """Says that the password is changed."""


def make_reset_urls() -> list[URLPattern]:
    """Return the addresses, with the names that Django's templates use; none without EMAIL_URL."""
    if not settings.EMAIL_URL or not settings.PASSWORD_LOGIN:
        return []
    return [
        path("password_reset/", AskPage.as_view(), name="admin_password_reset"),
        path("password_reset/done/", AskedPage.as_view(), name="password_reset_done"),
        path("reset/<uidb64>/<token>/", ConfirmPage.as_view(), name="password_reset_confirm"),
        path("reset/done/", CompletePage.as_view(), name="password_reset_complete"),
    ]
