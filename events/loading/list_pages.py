"""The pages of a list, as the vendor's module describes them: what to ask for, what an answer has. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from entities.reading.paths import ABSENT, follow, parse_paths
from entities.resource_language import Paging, Resource
from events.api_client.problems import ListRefused

MAX_SHOWN_KEYS = 20
MAX_KEY_LENGTH = 40


@dataclass(frozen=True)
class ListPage:
    """A page. next_cursor: the next page's cursor, or its number; None if this is the last page.

    expected: how many rows the vendor says that the list has; None if it does not say.
    """

    rows: Sequence[Any]
    next_cursor: str | None
    expected: int | None


def make_query(resource: Resource, cursor: str) -> dict[str, str]:
    """Return the query of the page at this cursor; empty for the first page."""
    paging = resource.paging
    query = dict(resource.query)
    if paging.size_parameter:
        query[paging.size_parameter] = str(paging.page_size)
    if paging.page_parameter:
        query[paging.page_parameter] = cursor or str(paging.first_page)
    elif cursor:
        query[paging.cursor_parameter] = cursor
    return query


def read_page(resource: Resource, content: Any, cursor: str) -> ListPage:
    """Read the page at this cursor. Raises ListRefused if the answer has another shape."""
    paging = resource.paging
    rows = _first_value(content, paging.rows)
    if not isinstance(rows, list):
        raise _unknown_shape(content, f"no list under {paging.rows!r}")
    next_cursor = _read_next(paging, content, cursor, len(rows))
    if next_cursor is not None and next_cursor == cursor:
        raise ListRefused(
            "The list repeats itself: a page names itself as the next one. Ask the vendor, then resume the"
            " load, which begins this list again."
        )
    total = _first_value(content, paging.total) if paging.total else None
    return ListPage(rows, next_cursor, total if type(total) is int and total >= 0 else None)


def _read_next(paging: Paging, content: Any, cursor: str, row_count: int) -> str | None:
    has_more = _first_value(content, paging.has_more) if paging.has_more else ABSENT
    if paging.page_parameter:
        is_full = row_count >= paging.page_size
        number = int(cursor or paging.first_page) + 1
        return str(number) if (has_more if isinstance(has_more, bool) else is_full) else None
    if not paging.cursor_parameter:
        return None
    following = _first_value(content, paging.next_cursor)
    if following is ABSENT and has_more is ABSENT:
        # To take it for the last page would call a load done that is not.
        raise _unknown_shape(content, f"nothing under {paging.next_cursor!r}")
    text = str(following) if isinstance(following, str | int) and not isinstance(following, bool) else ""
    if has_more is True and not text:
        raise _unknown_shape(content, f"there are more pages, and no cursor under {paging.next_cursor!r}")
    return None if has_more is False or not text else text


def _first_value(content: Any, words: str) -> Any:
    found = (follow(content, path) for path in parse_paths(words))
    return next((value for value in found if value is not ABSENT), ABSENT)


def _unknown_shape(content: Any, missing: str) -> ListRefused:
    """Return the error for an answer of an unknown shape: it has the keys, and no values."""
    if isinstance(content, dict):
        shown = [repr(str(key)[:MAX_KEY_LENGTH]) for key in list(content)[:MAX_SHOWN_KEYS]]
        shape = f"an object with the keys {', '.join(shown)}" if shown else "an empty object"
    else:
        shape = "a list" if isinstance(content, list) else "no object"
    return ListRefused(
        f"The answer has an unknown shape: {missing}; it is {shape}. The vendor has changed its API, or the"
        " address is another one."
    )
