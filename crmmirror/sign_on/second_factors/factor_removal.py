"""The page on which an administrator removes the second factor of somebody who has lost his phone."""

from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse

from crmmirror.sign_on.mail_queue import mails
from entities.access.delegation import may_remove_factor, visible_people
from entities.access.permissions import MANAGE_PEOPLE
from entities.audit import identify_actor, write_audit_entry
from entities.models import AuditAction, SecondFactor, find_second_factor


def factor_removal_page(request: HttpRequest, user_id: int) -> HttpResponse:
    """Ask whether the second factor of another user is to be removed; after a POST, remove it.

    Raises PermissionDenied for whoever may not manage people, or not this one, and Http404 if he has none.
    """
    manager = cast(User, request.user)
    person = visible_people(manager).filter(pk=user_id).first()
    if not manager.has_perm(MANAGE_PEOPLE) or (person and not may_remove_factor(manager, person)):
        raise PermissionDenied
    if person is None or find_second_factor(person) is None:
        raise Http404("There is no user with a second factor here.")
    if request.method != "POST":
        context = _context(request, person)
        return TemplateResponse(request, "sign_on/remove_factor.html", context)
    with transaction.atomic():
        SecondFactor.objects.filter(user=person).delete()
        write_audit_entry(identify_actor(request), AuditAction.SECOND_FACTOR_REMOVED, person)
        transaction.on_commit(lambda: _tell_by_mail(person))
    messages.success(request, f"The second factor of {person.get_username()} is removed.")
    return redirect("admin:auth_user_change", person.pk)


def _tell_by_mail(person: User) -> None:
    """Send the user a mail, if there is a mail server: he has to know if it was not he who asked for it."""
    if settings.EMAIL_URL and person.email:
        context = {"person": person, "address": settings.WEB_URL}
        text = render_to_string("sign_on/factor_removed.txt", context)
        mails.add(EmailMessage("Your second factor was removed", text, to=[person.email]).send)


def _context(request: HttpRequest, person: User) -> dict[str, Any]:
    return {
        **admin.site.each_context(request),
        "title": "Remove a second factor",
        "opts": person._meta,
        "person": person,
        "is_required": settings.SECOND_FACTOR == "required",
        "sends_mail": bool(settings.EMAIL_URL and person.email),
    }
