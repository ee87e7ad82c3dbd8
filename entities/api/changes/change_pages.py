"""Pages of the feed: which changes come after a cursor, and the cursor after them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q

from entities.api.changes.change_cursors import SCOPE_CHANGED, ChangesCursor, CursorExpired, make_cursor
from entities.api.changes.reader_scope import ReaderScope
from entities.feed.feed_position import FeedPosition
from entities.models import Change


@dataclass(frozen=True)
class ChangesPage:
    """A page of changes in the order of their numbers. cursor: of a copy that has taken them up."""

    changes: Sequence[Change]
    cursor: ChangesCursor
    has_more: bool


@dataclass(frozen=True)
class _Continuation:
    """The changes that a cursor leads to, and what to do with it after some of them."""

    cursor: ChangesCursor
    condition: Q
    is_walk: bool

    def advance(self, number: int, scope: ReaderScope) -> ChangesCursor:
        """Return the cursor after the change of this number, if others follow."""
        if self.is_walk:
            return replace(self.cursor, walk=(number, scope.digest()))
        return replace(self.cursor, number=number)


def read_page(
    cursor: ChangesCursor | None,
    end: FeedPosition,
    scope: ReaderScope,
    filters: dict[str, Any],
    entities: Sequence[str],
    size: int,
) -> ChangesPage:
    """Return the changes after a cursor, up to the end of the feed.

    filters: what stands in the next cursor. entities: the kinds of record; of all if there are none.

    Raises CursorExpired if the reader's scope has changed in a way that the feed cannot tell.
    """
    # The number of a cursor is also one of the present life, which goes on from the lives before it; the
    # numbers that follow may be of the present life alone.
    start = (
        replace(cursor, life=end.life, filters=filters)
        if cursor
        else make_cursor(FeedPosition(end.life, 0), scope, filters)
    )
    has_same_scope = start.scope_digest == scope.digest()
    if start.walk and has_same_scope:
        # The scope has changed on the way, and back: nobody knows what of the walk the copy has taken up.
        raise CursorExpired(SCOPE_CHANGED)
    continuation = _follow(start, scope) if has_same_scope else _walk_over_scopes(start, scope)
    rows = Change.objects.filter(continuation.condition, number__lte=end.number)
    if entities:
        rows = rows.filter(record_type__in=entities)
    changes = list(rows.select_related("source").order_by("number")[: size + 1])
    if len(changes) > size:
        changes = changes[:size]
        return ChangesPage(changes, continuation.advance(changes[-1].number, scope), True)
    return ChangesPage(changes, make_cursor(end, scope, filters), False)


def _follow(cursor: ChangesCursor, scope: ReaderScope) -> _Continuation:
    return _Continuation(cursor, Q(number__gt=cursor.number) & scope.match_changes(), is_walk=False)


def _walk_over_scopes(cursor: ChangesCursor, scope: ReaderScope) -> _Continuation:
    """Return what to tell a reader who sees something else than at his cursor.

    Beside what has changed, that is all he sees in addition, and all that he saw and does not see any more:
    the latter arrives as deleted. A record that came after his cursor he cannot have seen, so it is left out.
    """
    former = cursor.load_scope().match_changes()
    present = scope.match_changes()
    told, target = cursor.walk or (0, scope.digest())
    if target != scope.digest():
        # The scope has changed again on the way: nobody knows what of the walk the copy has taken up.
        raise CursorExpired(SCOPE_CHANGED)
    condition = (
        (present & Q(number__gt=cursor.number))
        | (present & ~former)
        | (former & ~present & Q(first_number__lte=cursor.number))
    )
    return _Continuation(cursor, condition & Q(number__gt=told), is_walk=True)
