"""The choice of a source and a person, by which the first page and the agenda are narrowed."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.request_check import UnusableRequest
from entities.access.visibility import visible_to
from entities.admin.filtered_pages.ref_choices import read_sources
from entities.models import Name, NameKind
from entities.names import STAFF_ORDER

MAX_PEOPLE = 300
MINE = "mine"


@dataclass(frozen=True)
class WorkChoice:
    """The filters of a page about the day's work: their choices, and those that the user has made.

    sources: those that he sees. source: the chosen one; None for all.
    person: the value of the chosen one, MINE, or empty for all. people: pairs of value and label.
    names: the ids of the chosen people; None for all people.
    """

    sources: tuple[Any, ...]
    source: Any
    person: str
    people: tuple[tuple[str, str], ...]
    names: tuple[Name, ...] | None

    def narrow(self, rows: QuerySet, person_column: str = "") -> QuerySet:
        """Return the rows of the source and, by a column of ids, of the person that are chosen."""
        if self.source is not None:
            rows = rows.filter(source=self.source)
        if self.names is None or not person_column:
            return rows
        return rows.filter(reduce(or_, (_is_of(name, person_column) for name in self.names), Q(pk__in=())))

    @property
    def parameters(self) -> dict[str, str]:
        """Return what is chosen, as the address of another page takes it that has this choice."""
        return self.list_filters | ({"person": self.person} if self.person else {})

    @property
    def list_filters(self) -> dict[str, str]:
        """Return the filter of a list of records by the chosen source."""
        return {"source": self.source.slug} if self.source is not None else {}


def read_choice(request: HttpRequest, known_sources: Iterable[Any] | None = None) -> WorkChoice:
    """Return the choice in the address, in three queries. Raises UnusableRequest for what is not offered."""
    sources = tuple(read_sources(request.user) if known_sources is None else known_sources)
    names = visible_to(request.user, Name.objects.filter(kind=NameKind.PERSON)).order_by(*STAFF_ORDER)
    people = tuple(names[:MAX_PEOPLE])
    # The user's own names are neither narrowed nor cut: his login is tied to them, and the rows that bear
    # them are narrowed anyway.
    tied = Name.objects.filter(kind=NameKind.PERSON, user=request.user.pk).order_by(*STAFF_ORDER)
    own = tuple(tied[:MAX_PEOPLE])
    slug, person = request.GET.get("source", ""), request.GET.get("person", "")
    by_slug = {source.slug: source for source in sources}
    by_value = {str(name.pk): (name,) for name in people} | ({MINE: own} if own else {})
    if slug and slug not in by_slug:
        raise UnusableRequest(f"There is no source {shorten(slug)!r}")
    if person and person not in by_value:
        raise UnusableRequest(f"There is no person {shorten(person)!r} to choose")
    labels = tuple((str(name.pk), shorten(name.shown or name.ref)) for name in people)
    mine = ((MINE, "mine"),) if own else ()
    return WorkChoice(sources, by_slug.get(slug), person, mine + labels, by_value.get(person))


def _is_of(name: Name, column: str) -> Q:
    scope = {"scope": name.scope} if name.scope else {}
    return Q(**{"source": name.source_id, column: name.ref}, **scope)
