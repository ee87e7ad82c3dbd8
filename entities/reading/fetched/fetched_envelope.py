"""The envelope of a record that was fetched or imported, and of one that is gone. Pure.

    {"resource": "deals", "observed_at": "2026-03-01T10:00:00.000000Z", "scope": "acc_7", "record": {…}}
    {"resource": "deals", "observed_at": "2026-03-01T10:00:00.000000Z", "gone": "dl_1"}
    {"resource": "deal", "problem": "row 17: no id", "record": {…}}

resource: a list of the vendor's API; in a file, the model of its records. record: the vendor's own object.
observed_at: the moment for which it is certain, where the object has no time of last change. It is part of
the bytes, and so of the event's identity: a state that returns is another event. What tells these events from
a webhook with the same bytes is the origin, a column of the log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import orjson

from crmmirror.lib.utc import format_utc
from entities.reading.envelopes.envelope import MAX_AHEAD, Envelope, Envelopes, read_envelopes
from entities.reading.envelopes.strict_json import Malformed, parse_json
from entities.reading.paths import ABSENT, follow, parse_paths
from entities.reading.times import parse_time
from entities.reading.unconvertible import Unconvertible
from entities.stored_events import Origin
from entities.vendor_language import Vendor

RESOURCE, OBSERVED_AT, SCOPE, RECORD, GONE = "resource", "observed_at", "scope", "record", "gone"
PROBLEM = "problem"
PREFIXES: Final[Mapping[Origin, str]] = {
    Origin.API: "fetched",
    Origin.FILE: "imported",
    Origin.LISTING: "gone",
}
"""The first word of an event's type, by the event's origin."""


@dataclass(frozen=True)
class FetchedRecord:
    """A record that was fetched or imported, or that is gone.

    record: what the vendor lists, as `parse_json` reads it; one that is no object is malformed.
    observed_at: aware; needed if the object has no time of last change, or is gone.
    scope: the id of the sub-account in which it was found.
    gone: the vendor's id of a record that is gone, as webhooks write it.
    problem: why it is no record, such as a bad row of a file: its event is malformed, for this reason.
    headers: where it was found, which is stored beside the bytes and is no part of them.
    """

    origin: Origin
    resource: str
    record: Any
    observed_at: datetime | None = None
    scope: str = ""
    gone: str = ""
    problem: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def encode_fetched(fetched: FetchedRecord) -> bytes:
    """Return the bytes of the event. Equal records have equal bytes; numbers are as the vendor wrote them."""
    content: dict[str, Any] = {RESOURCE: fetched.resource}
    if fetched.observed_at is not None:
        content[OBSERVED_AT] = format_utc(fetched.observed_at.astimezone(UTC))
    if fetched.scope:
        content[SCOPE] = fetched.scope
    if fetched.problem:
        content[PROBLEM] = fetched.problem
    is_gone = fetched.origin is Origin.LISTING
    content |= {GONE: fetched.gone} if is_gone else {RECORD: fetched.record}
    return orjson.dumps(_make_encodable(content))


def event_type_of(origin: Origin, resource: str) -> str:
    """Return the type of such events, such as `fetched.deals`."""
    return f"{PREFIXES[origin]}.{resource}"


def read_any_envelopes(body: bytes, vendor: Vendor, received_at: datetime, origin: Origin) -> Envelopes:
    """Read the events in a body, whichever way it came. Raises Malformed if none can be read."""
    if origin is Origin.WEBHOOK:
        return read_envelopes(body, vendor, received_at)
    return read_fetched(body, vendor, received_at, origin)


def read_fetched(body: bytes, vendor: Vendor, received_at: datetime, origin: Origin) -> Envelopes:
    """Read the envelope of an event that no webhook delivered. Raises Malformed."""
    content = parse_json(body)
    resource = content.get(RESOURCE) if isinstance(content, dict) else None
    if not isinstance(resource, str) or not resource:
        raise Malformed(f"not what was fetched: no text under {RESOURCE!r}")
    if problem := content.get(PROBLEM):
        raise Malformed(str(problem))
    scope = content.get(SCOPE, "")
    gone = content.get(GONE)
    record = {} if origin is Origin.LISTING else content.get(RECORD)
    if not isinstance(record, dict):
        raise Malformed(f"not what was fetched: no object under {RECORD!r}")
    if origin is Origin.LISTING and not (isinstance(gone, str) and gone):
        raise Malformed(f"not what was fetched: no id under {GONE!r}")
    if not isinstance(scope, str):
        raise Malformed(f"not what was fetched: no text under {SCOPE!r}")
    occurred_at, warnings = _read_time(content, record, changed_paths(vendor, origin, resource), received_at)
    envelope = Envelope(
        event_type_of(origin, resource),
        occurred_at,
        record,
        warnings,
        bare_id=gone,
        resource=resource,
        scope=scope,
    )
    return Envelopes((envelope,))


def changed_paths(vendor: Vendor, origin: Origin, resource: str) -> str:
    """Return the paths of the time of last change in a record; empty if there is none."""
    found = vendor.api.find_resource(resource) if vendor.api and origin is Origin.API else None
    return found.changed if found else ""


def read_changed(record: Mapping[str, Any], changed: str) -> datetime | None:
    """Return the record's time of last change, in UTC; None if it has none that can be read."""
    for path in parse_paths(changed):
        value = follow(record, path)
        if value is not ABSENT and value is not None:
            try:
                return parse_time(value)
            except Unconvertible:
                continue
    return None


def _read_time(
    content: Mapping[str, Any], record: Mapping[str, Any], changed: str, received_at: datetime
) -> tuple[datetime, tuple[str, ...]]:
    """Return the time of last change, else of the observation, else of the receipt with a warning."""
    latest = received_at.astimezone(UTC) + MAX_AHEAD
    for moment in (read_changed(record, changed), read_changed(content, OBSERVED_AT)):
        if moment is not None and moment <= latest:
            return moment, ()
    return latest - MAX_AHEAD, ("no time of last change: the time of receipt counts",)


def _make_encodable(value: Any) -> Any:
    """Return the value with numbers that JSON's writer would round as the digits that the vendor wrote."""
    if isinstance(value, dict):
        return {key: _make_encodable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_make_encodable(part) for part in value]
    if isinstance(value, Decimal) or (isinstance(value, int) and not -(2**63) <= value < 2**64):
        return orjson.Fragment(str(value))
    return value
