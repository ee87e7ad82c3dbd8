"""The saved views that a user meets: as tabs above a list, and as links in his navigation."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Case, IntegerField, Q, QuerySet, TextField, Value, When
from django.http import HttpRequest

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.urls import changelist_url
from entities.access.delegation import visible_groups
from entities.access.permissions import SHARE_VIEWS
from entities.models import Record, SavedView, find_profile
from entities.models.introspection import model_name, record_models_by_name

MAX_TABS = 30
MAX_PINNED = 20
FOR_ME, FOR_ALL = "me", "all"

MAX_GROUPS = 200
# The columns of views and of groups, read by one query: of a group the query is null.
VIEW_COLUMNS = ("name", "pk", "query", "owner_id", "owner__first_name", "owner__username")
GROUP_COLUMNS = (
    "name",
    "pk",
    Value(None, TextField()),
    Value(None, IntegerField()),
    Value(""),
    Value(""),
)

Audience = tuple[str, str]
"""The value and the label of those for whom a view can be."""


@dataclass(frozen=True)
class ViewLink:
    """A saved view as a link. query: of the list's address. shared_by: another who shares it, or empty."""

    label: str
    url: str
    query: str
    shared_by: str


@dataclass(frozen=True)
class ListViews:
    """The saved views of one list: the tabs, and what the form that saves another one offers.

    may_pin: there is room in the user's navigation.
    """

    record_type: str
    links: tuple[ViewLink, ...]
    audiences: tuple[Audience, ...]
    may_pin: bool


def views_of(user: Any) -> QuerySet[SavedView]:
    """Return the views that a user may open: his own, and then those shared with everybody or a group of his.

    His own come first, because lists of views are cut.
    """
    views = SavedView.objects.filter(Q(owner=user) | Q(is_for_all=True) | Q(group__in=user.groups.all()))
    in_order = views.order_by(Case(When(owner=user, then=0), default=1), "name", "pk")
    return in_order.select_related("owner", "group")


def list_views(request: HttpRequest, model: type[Record]) -> ListViews:
    """Return the saved views of a model's list, the user's own first, and who else may be given one.

    One query for views and groups together: a list of records takes twelve at most.
    """
    user: Any = request.user
    views = views_of(user).filter(record_type=model_name(model)).values_list(*VIEW_COLUMNS)[:MAX_TABS]
    rows = views.union(_groups_of(user).values_list(*GROUP_COLUMNS)[:MAX_GROUPS], all=True)
    links, groups = [], []
    for name, pk, query, owner_id, first_name, username in rows:
        if query is None:
            groups.append((name, pk))
        else:
            shared_by = "" if owner_id == user.pk else first_name or username
            links.append((bool(shared_by), name, make_link(model, name, query, shared_by)))
    in_order = tuple(link for *_, link in sorted(links, key=lambda one: one[:2]))
    may_pin = len(pinned_ids(user)) < MAX_PINNED
    return ListViews(model_name(model), in_order, make_audiences(user, sorted(groups)), may_pin)


def pinned_ids(user: Any) -> list[int]:
    """Return the ids of the views that a user has pinned; some may be gone, or no longer shared with him."""
    profile = find_profile(user)
    return profile.pinned_views if profile else []


def list_pinned(user: Any) -> list[ViewLink]:
    """Return the views that a user has pinned, in his order; in one query, or in none if he has no pins."""
    pinned = pinned_ids(user)
    if not pinned:
        return []
    views = {view.pk: view for view in views_of(user).filter(pk__in=pinned)}
    shown = [views[pk] for pk in pinned if pk in views]
    return [link_of(user, view) for view in shown if may_open(user, view)]


def may_open(user: Any, view: SavedView) -> bool:
    """Return True if the view's list still exists and the user may view it."""
    is_known = view.record_type in record_models_by_name()
    return is_known and user.has_perm(f"entities.view_{view.record_type}")


def link_of(user: Any, view: SavedView) -> ViewLink:
    """Return the link to a view whose list exists; it says who shares it."""
    owner = "" if view.owner_id == user.pk else view.owner.first_name or view.owner.username
    return make_link(record_models_by_name()[view.record_type], view.name, view.query, owner)


def make_link(model: type[Record], name: str, query: str, shared_by: str) -> ViewLink:
    """Return the link to a model's list as it was saved. shared_by: another's name, or empty."""
    url = changelist_url(model)
    return ViewLink(shorten(name), f"{url}?{query}" if query else url, query, shorten(shared_by, 40))


def list_audiences(user: Any) -> tuple[Audience, ...]:
    """Return for whom a user may save a view, in one query at most."""
    return make_audiences(user, _groups_of(user).values_list("name", "pk")[:MAX_GROUPS])


def make_audiences(user: Any, groups: Iterable[tuple[str, int]]) -> tuple[Audience, ...]:
    """Return for whom a user may save a view; without the permission to share for himself alone.

    groups: name and id of those that he may know of.
    """
    if not user.has_perm(SHARE_VIEWS):
        return ((FOR_ME, "me"),)
    named = ((str(pk), f"the group {shorten(name)}") for name, pk in groups)
    return ((FOR_ME, "me"), (FOR_ALL, "everybody"), *named)


def _groups_of(user: Any) -> QuerySet[Group]:
    """Return the groups with which a user may share a view."""
    return visible_groups(user).order_by("name") if user.has_perm(SHARE_VIEWS) else Group.objects.none()
