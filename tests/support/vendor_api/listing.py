"""The pages of a list: which rows a request gets, and the cursor of the next page. Pure."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.vendor_api.faults import Cursors
from tests.support.vendor_api.resources import Row

MAX_PAGE_SIZE = 100


class BadCursor(Exception):
    """The cursor is none of this server's, or has expired."""


@dataclass(frozen=True)
class Order:
    """The order of a list. Two rows with equal values stand in the order of their ids."""

    key: str = "createdAt"
    is_descending: bool = False

    def place(self, row: Row) -> tuple[str, str]:
        return (str(row.get(self.key) or ""), row["id"])

    def sort(self, rows: Sequence[Row]) -> list[Row]:
        return sorted(rows, key=self.place, reverse=self.is_descending)

    def is_after(self, row: Row, place: tuple[str, str]) -> bool:
        return self.place(row) < place if self.is_descending else self.place(row) > place


@dataclass(frozen=True)
class Page:
    """A page. next_cursor: None if it is the last one."""

    rows: list[Row]
    next_cursor: str | None


def make_page(
    rows: Sequence[Row], cursor: str, size: int, order: Order, cursors: Cursors, generation: int
) -> Page:
    """Return a page of the rows. generation: cursors of another one have expired. Raises BadCursor."""
    state = _read_cursor(cursor, generation)
    rows = order.sort(rows)
    if cursors is Cursors.SHIFTING:
        start = int(state.get("offset", 0))
        left = rows[start:]
    else:
        start = 0
        place = state.get("after")
        left = [row for row in rows if order.is_after(row, (place[0], place[1]))] if place else rows
    page = left[:size]
    lap = int(state.get("lap", 0))
    following: Mapping[str, Any] | None = None
    if len(left) > size:
        following = {"lap": lap, "offset": start + size, "after": order.place(page[-1])}
    elif cursors is Cursors.ENDLESS:
        following = {"lap": lap + 1}
    if cursors is Cursors.REPEATED and cursor:
        return Page(page, cursor)
    return Page(page, _write_cursor(following, generation) if following else None)


def _write_cursor(state: Mapping[str, Any], generation: int) -> str:
    text = json.dumps({**state, "generation": generation}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, generation: int) -> dict[str, Any]:
    if not cursor:
        return {}
    try:
        state = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise BadCursor from None
    if not isinstance(state, dict) or state.get("generation") != generation:
        raise BadCursor
    return state
