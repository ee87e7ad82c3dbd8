"""A copy of the mirror's records that a client of the API loads and follows, and compares with the mirror."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from entities.api.views import api_path
from entities.models.introspection import entities_by_name
from entities.models.naming.named_refs import named_refs
from tests.support.api_client import get_json

EVERYTHING = {"include_deleted": "true", "include_placeholders": "true"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Row = dict[str, Any]
Rows = dict[tuple[str, int], Row]
"""An entity and an id -> the row."""


def without_names(rows: Rows) -> Rows:
    """Return the rows without the names of ids, which are those of now: a new name changes no record."""
    titles = {
        (name, ref.title) for name, model in entities_by_name().items() for ref in named_refs(model).values()
    }
    return {
        key: {column: value for column, value in row.items() if (key[0], column) not in titles}
        for key, row in rows.items()
    }


@dataclass
class FeedCopy:
    """A copy that follows the feed. query: the parameters that it sends each time.

    rows: what it holds. cursor: from where it goes on; None before the first page. deletes: which keys were
    told to be gone, in the order of the pages.
    """

    client: Client
    query: dict[str, Any] = field(default_factory=lambda: dict(EVERYTHING))
    rows: Rows = field(default_factory=dict)
    cursor: str | None = None
    deletes: list[tuple[str, int]] = field(default_factory=list)

    def read_page(self, page_size: int = 500) -> bool:
        """Take up one page; return True if there are more."""
        after = {} if self.cursor is None else {"after": self.cursor}
        page = get_json(self.client, "changes/", self.query | after | {"page_size": page_size})
        for change in page["results"]:
            self._take_up(change)
        self.cursor = page["cursor"]
        return page["next"] is not None

    def follow(self, page_size: int = 500) -> None:
        """Take up all pages that there are."""
        while self.read_page(page_size):
            pass

    def _take_up(self, change: Row) -> None:
        key = change["entity"], change["id"]
        if change["op"] == "upsert":
            self.rows[key] = change["record"]
        else:
            self.rows.pop(key, None)
            self.deletes.append(key)


def read_lists(client: Client, query: dict[str, Any] | None = None) -> Rows:
    """Return the rows of all lists, page by page."""
    rows: Rows = {}
    for name, model in entities_by_name().items():
        address = f"{api_path(model)}/"
        parameters: dict[str, Any] = (EVERYTHING if query is None else query) | {"page_size": 500}
        while True:
            page = get_json(client, address, parameters)
            rows |= {(name, row["id"]): row for row in page["results"]}
            if page["next_cursor"] is None:
                break
            parameters["cursor"] = page["next_cursor"]
    return rows


def compute_digest(rows: Iterable[Row]) -> str:
    """Return the digest of a copy's rows, as docs/api.md has it."""
    total = 0
    for row in rows:
        microseconds = (datetime.fromisoformat(row["changed_at"]) - EPOCH) // timedelta(microseconds=1)
        text = f"{row['id']} {microseconds}"
        first_bytes = hashlib.md5(text.encode(), usedforsecurity=False).digest()[:8]
        total += int.from_bytes(first_bytes)
    return f"{total % 2**64:016x}"
