"""The visibility of sources and sub-accounts, and the one function that narrows a query to it.

Limits of a user and of his groups add up. Whoever has none sees everything, and so does a superuser. A token
has its user's view, or less: its own limits narrow it. What is not visible is answered as not existing.

A token may be limited to kinds of record besides. Which kinds somebody may ask for at all is said by
`entities.access.visible_kinds`, and answered with a refusal.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model, Q, QuerySet

from entities.access.kind_limits import narrow_to_kinds
from entities.models import AccessLimit, ApiToken
from entities.models.introspection import has_field

Viewer = User | AnonymousUser | ApiToken
Row = TypeVar("Row", bound=Model)
CACHE_ATTRIBUTE = "_visibility_cache"


@dataclass(frozen=True)
class Visibility:
    """The sources and sub-accounts that a viewer sees.

    is_unlimited: everything, whatever the other fields are.
    whole_sources: the ids of sources that are seen whole.
    sub_accounts: (source id, scope) of what is seen of other sources.
    """

    is_unlimited: bool = False
    whole_sources: frozenset[int] = frozenset()
    sub_accounts: frozenset[tuple[int, str]] = frozenset()

    @property
    def sources(self) -> frozenset[int]:
        """Return the ids of the sources of which something is seen."""
        return self.whole_sources | {source for source, _ in self.sub_accounts}

    def shows(self, source_id: int, scope: str | None) -> bool:
        """Return True if rows of this sub-account are seen. scope: None for what is of several or none."""
        return self.is_unlimited or source_id in self.whole_sources or (source_id, scope) in self.sub_accounts

    def intersect(self, other: "Visibility") -> "Visibility":
        """Return what both see."""
        if self.is_unlimited or other.is_unlimited:
            return other if self.is_unlimited else self
        pairs = self.sub_accounts | other.sub_accounts
        return Visibility(
            whole_sources=self.whole_sources & other.whole_sources,
            sub_accounts=frozenset(pair for pair in pairs if self.shows(*pair) and other.shows(*pair)),
        )

    def includes(self, other: "Visibility") -> bool:
        """Return True if whatever the other one sees is seen."""
        return self.intersect(other) == other


EVERYTHING = Visibility(is_unlimited=True)
NOTHING = Visibility()


def viewer_of(request: Any) -> Viewer:
    """Return who asks: the token of a request to the API, or else the user."""
    token = getattr(request, "auth", None)
    return token if isinstance(token, ApiToken) else request.user


def visibility_of(viewer: Viewer) -> Visibility:
    """Return what a viewer sees: from one query at most, and cached on the viewer, as long as a request."""
    if not hasattr(viewer, CACHE_ATTRIBUTE):
        setattr(viewer, CACHE_ATTRIBUTE, _read_visibility(viewer))
    return getattr(viewer, CACHE_ATTRIBUTE)


def visible_to(viewer: Viewer, rows: QuerySet[Row]) -> QuerySet[Row]:
    """Return those of the rows that the viewer sees: of sources, or of any model with a `source`.

    A model with a scope is narrowed to sub-accounts. Rows of any other model, such as refusals, are about a
    source as a whole: they are seen by those who see all of it. Raises TypeError for a model of no source.
    """
    kinds = viewer.record_types if isinstance(viewer, ApiToken) else []
    return narrow(narrow_to_kinds(rows, kinds) if kinds else rows, visibility_of(viewer))


def narrow(rows: QuerySet[Row], visibility: Visibility) -> QuerySet[Row]:
    """Return those of the rows that are seen, as `visible_to` does."""
    return rows if visibility.is_unlimited else rows.filter(make_condition(visibility, rows.model))


def add_up(limits: Iterable[AccessLimit]) -> Visibility:
    """Return what the limits of a user and his groups, or of a token, show together.

    Where one holder's limits name sub-accounts of a source, only these are seen by them, whether or not they
    name the source too.
    """
    scopes: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for limit in limits:
        scopes[limit.user_id, limit.group_id, limit.token_id, limit.source_id].add(limit.scope)
    if not scopes:
        return EVERYTHING
    whole_sources = frozenset(source for (*_, source), named in scopes.items() if named == {""})
    return Visibility(
        whole_sources=whole_sources,
        sub_accounts=frozenset(
            (source, scope)
            for (*_, source), named in scopes.items()
            for scope in named
            if scope and source not in whole_sources
        ),
    )


def _read_visibility(viewer: Viewer) -> Visibility:
    token, user = (viewer, viewer.user) if isinstance(viewer, ApiToken) else (None, viewer)
    if not user.is_authenticated or not user.is_active:
        return NOTHING
    holders = Q()
    if token is not None:
        holders |= Q(token=token)
    if not user.is_superuser:
        holders |= Q(user=user) | Q(group__in=user.groups.all())
    limits = list(AccessLimit.objects.filter(holders)) if holders else []
    of_user = add_up(limit for limit in limits if limit.token_id is None)
    return of_user.intersect(add_up(limit for limit in limits if limit.token_id is not None))


def make_condition(visibility: Visibility, model: type[Model]) -> Q:
    """Return the condition for the rows of a model that are seen with limits, as `visible_to` has it."""
    if model is AccessLimit.source_model():
        return Q(pk__in=visibility.sources)
    if not has_field(model, "source"):
        raise TypeError(f"{model._meta.label} has no source: narrow the rows that it belongs to.")
    condition = Q(source__in=visibility.whole_sources)
    scope_column = getattr(model, "scope_column", "scope")
    if has_field(model, scope_column):
        scopes: dict[int, set[str]] = defaultdict(set)
        for source, scope in visibility.sub_accounts:
            scopes[source].add(scope)
        for source, named in sorted(scopes.items()):
            condition |= Q(**{"source": source, f"{scope_column}__in": sorted(named)})
    return condition
