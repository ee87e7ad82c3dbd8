"""Saves, changes, shares, pins and deletes views; the audit log has an entry for each that is shared."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, QueryDict

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.request_check import UnusableRequest
from entities.admin.saved_views.view_links import FOR_ALL, FOR_ME, MAX_PINNED
from entities.audit import identify_actor, write_audit_entry
from entities.models import AuditAction, SavedView, UserProfile

MAX_OWN_VIEWS = 200
# What the address of a list may have and that is no part of what is saved: the page, and Django's error flag.
UNSAVED_PARAMETERS = ("p", "e")


def clean_query(text: str) -> str:
    """Return a list's query as it is saved: without the page, in the order in which a list writes it."""
    query = QueryDict(text, mutable=True)
    for name in UNSAVED_PARAMETERS:
        query.pop(name, None)
    ordered = QueryDict(mutable=True)
    for name, values in sorted(query.lists()):
        ordered.setlist(name, values)
    return ordered.urlencode()


@transaction.atomic
def save_view(
    request: HttpRequest, record_type: str, name: str, query: str, audience: str, *, is_pinned: bool
) -> tuple[SavedView, bool]:
    """Save a view of the user's, in place of his one of that name; return it, and True if it is a new one.

    audience: one of those that the user may choose. Raises UnusableRequest if he has too many views.
    """
    user: Any = request.user
    _lock_profile(user)
    own = SavedView.objects.filter(owner=user)
    view = own.filter(record_type=record_type, name=name).first()
    is_new = view is None
    if view is None:
        if own.count() >= MAX_OWN_VIEWS:
            raise UnusableRequest(
                f"You have {MAX_OWN_VIEWS} saved views, which is as many as can be: delete one"
            )
        view = SavedView(owner=user, record_type=record_type, name=name)
    view.query = clean_query(query)
    _store(request, view, audience)
    if is_pinned:
        set_pin(user, view, is_pinned=True)
    return view, is_new


@transaction.atomic
def change_view(request: HttpRequest, view: SavedView, name: str, audience: str) -> None:
    """Rename a view, and share it or stop that. Raises UnusableRequest if another one has the name."""
    _lock_profile(request.user)
    others = SavedView.objects.filter(owner=view.owner, record_type=view.record_type, name=name)
    if others.exclude(pk=view.pk).exists():
        raise UnusableRequest(f"You have another view of this list that is called {shorten(name)!r}")
    view.name = name
    _store(request, view, audience)


@transaction.atomic
def delete_view(request: HttpRequest, view: SavedView) -> None:
    """Delete a view; from the navigation of others it disappears by itself."""
    if view.is_shared:
        _write_entry(request, AuditAction.VIEW_WITHDRAWN, view)
    view.delete()


@transaction.atomic
def set_pin(user: Any, view: SavedView, *, is_pinned: bool) -> None:
    """Pin a view to the user's navigation, last, or take it from there. Raises UnusableRequest."""
    profile = _lock_profile(user)
    if (view.pk in profile.pinned_views) == is_pinned:
        return
    others = [pk for pk in profile.pinned_views if pk != view.pk]
    # Of a view that is deleted, or no longer shared with him, the id stays until he pins the next one.
    kept = set(SavedView.objects.filter(pk__in=others).values_list("pk", flat=True))
    pinned = [pk for pk in others if pk in kept] + [view.pk] * is_pinned
    if len(pinned) > MAX_PINNED:
        raise UnusableRequest(
            f"There is room for {MAX_PINNED} views in the navigation: take one from it first"
        )
    profile.pinned_views = pinned
    profile.save(update_fields=["pinned_views"])


def audience_of(view: SavedView) -> str:
    """Return for whom a view is, as the value of a choice."""
    return FOR_ALL if view.is_for_all else str(view.group_id) if view.group_id else FOR_ME


def _lock_profile(user: Any) -> UserProfile:
    """Return the user's settings, locked, so that he saves and pins one view at a time."""
    UserProfile.objects.get_or_create(user=user)
    return UserProfile.objects.select_for_update().get(user=user)


def _store(request: HttpRequest, view: SavedView, audience: str) -> None:
    was_shared = view.is_shared
    view.is_for_all = audience == FOR_ALL
    view.group_id = int(audience) if audience not in (FOR_ME, FOR_ALL) else None
    view.save()
    if view.is_shared:
        _write_entry(request, AuditAction.VIEW_SHARED, view)
    elif was_shared:
        _write_entry(request, AuditAction.VIEW_WITHDRAWN, view)


def _write_entry(request: HttpRequest, action: AuditAction, view: SavedView) -> None:
    shared_with = "everybody" if view.is_for_all else view.group.name if view.group else "nobody"
    detail = {"list": view.record_type, "parameters": view.query, "shared_with": shared_with}
    write_audit_entry(identify_actor(request), action, view, **detail)
