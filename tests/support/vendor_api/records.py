"""The records that the vendor holds, and the changes that they undergo."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.vendor_api.resources import RESOURCES, Resource, Row

TICK = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Change:
    """One change of a record. record: as it was after it or, if it is gone, before. verb: of the webhook."""

    resource: Resource
    record: Row
    verb: str
    at: str


class VendorRecords:
    """The records by kind and id, in the order in which they were made. Several threads may use it.

    on_change: called with each change, in order, before another one is made.
    Two changes never have the same time, so that the state which is the newest is never in doubt.
    """

    def __init__(self, on_change: Callable[[Change], None] = lambda change: None) -> None:
        self.on_change = on_change
        self._lock = threading.RLock()
        self._records: dict[str, dict[str, Row]] = {name: {} for name in RESOURCES}
        self._numbers = dict.fromkeys(RESOURCES, 0)
        self._last = datetime(2025, 1, 1, tzinfo=UTC)

    def fill(self, resource: str, count: int) -> list[str]:
        """Make so many records of the time before the mirror, without a webhook; return their ids."""
        with self._lock:
            return [self._make(resource, {}, self._tick(self._last))["id"] for _ in range(count)]

    def add(self, resource: str, **values: Any) -> str:
        """Make a record; return its id."""
        with self._lock:
            record = self._make(resource, values, self._tick(datetime.now(UTC)))
            self._tell(resource, record, "created")
            return record["id"]

    def change(self, resource: str, record_id: str, **values: Any) -> None:
        """Change a record. Raises KeyError."""
        with self._lock:
            at = self._tick(datetime.now(UTC))
            record = self._records[resource][record_id] | values | {"updatedAt": at}
            self._records[resource][record_id] = record
            self._tell(resource, record, "updated")

    def delete(self, resource: str, record_id: str) -> None:
        """Delete a record. Raises KeyError."""
        with self._lock:
            record = self._records[resource].pop(record_id)
            self._tell(resource, record | {"updatedAt": self._tick(datetime.now(UTC))}, "deleted")

    def list_records(self, resource: str) -> list[Row]:
        """Return the records of a kind, oldest first."""
        with self._lock:
            return list(self._records[resource].values())

    def find(self, resource: str, record_id: str) -> Row | None:
        """Return the record, or None if there is none."""
        with self._lock:
            return self._records[resource].get(record_id)

    def _make(self, name: str, values: Row, at: str) -> Row:
        self._numbers[name] += 1
        number = self._numbers[name]
        resource = RESOURCES[name]
        # The kind is in the id: companies and contacts share a prefix.
        record = resource.sample | {
            "id": f"{resource.prefix}{name[:3]}{number:06d}",
            "number": f"{name[:3].upper()}-{number:06d}",
            "createdAt": at,
            "updatedAt": at,
        }
        record |= {
            key: text
            for key, text in (("name", f"Name {number}"), ("title", f"Title {number}"))
            if record.get(key)
        }
        self._records[name][record["id"]] = record | values
        return self._records[name][record["id"]]

    def _tick(self, now: datetime) -> str:
        """Return a time that is later than all before, in the vendor's form."""
        self._last = max(now, self._last + TICK)
        return self._last.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _tell(self, resource: str, record: Row, verb: str) -> None:
        self.on_change(Change(RESOURCES[resource], dict(record), verb, record["updatedAt"]))
