"""The part of the oracle that knows the vendors' facts: what their documents say, written down a second time.

Nothing here reads a vendor's module. The oracle takes the values of columns from the mirror's reading, and
from here what the module's tables could have wrong: the place of an event in its list, its time and rank, the
record that it is about, which records end in it, which columns it empties, and how an amount is counted.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from entities.stored_events import Origin

COPY, FETCHED, CREATED, OTHER, DELETED = "0", "0.5", "1", "2", "3"
NOTHING: tuple[Any, ...] = (None, "", " ", [], {})


@dataclass(frozen=True)
class Facts:
    """The facts of one event, apart from the values of its columns.

    times: the values that may be its time, preferred first. record: the id of the record that it is about;
    None where the mirror's reading is not doubted. ended: the ids of the records that end in that one.
    emptied: columns that it makes null. cents: column -> the number of hundredths. exists: whether it writes
    that its record exists.
    """

    rank: str
    times: tuple[Any, ...]
    record: str | None = None
    ended: frozenset[str] = frozenset()
    emptied: tuple[str, ...] = ()
    cents: Mapping[str, Any] = field(default_factory=dict)
    exists: bool = True


def split_body(vendor: str, body: bytes) -> Iterator[tuple[int | None, Any]]:
    """Yield the events in a body: each with its place in the list, from 0; None if the body is no list."""
    try:
        content = json.loads(body)
    except ValueError:
        return
    if vendor == "hubspot" and isinstance(content, list):
        yield from enumerate(content)
    else:
        yield None, content


def is_written_down(vendor: str) -> bool:
    """Return True if the vendor's facts are here."""
    return vendor in READERS


def read_facts(vendor: str, event: Any) -> Facts:
    """Return what an event says, of a vendor whose facts are here."""
    return READERS[vendor](event if isinstance(event, dict) else {})


def read_fetched(origin: Origin, content: Any) -> Facts:
    """Return what an event says that no webhook delivered."""
    changed = (_inner(content, "record").get("updatedAt"),) if origin is Origin.API else ()
    return Facts(FETCHED, (*changed, content.get("observed_at")), exists=origin is not Origin.LISTING)


def _read_simple(event: dict[str, Any]) -> Facts:
    verb = str(event.get("event")).rpartition(".")[2]
    rank = {"created": CREATED, "deleted": DELETED}.get(verb, OTHER)
    return Facts(rank, (event.get("timestamp"),), exists=rank != DELETED)


# HubSpot: one property of one object an event. A merge names its records, and the survivor may be a new one.
HUBSPOT_RANKS = {"creation": CREATED, "deletion": DELETED, "privacyDeletion": DELETED}
HUBSPOT_ENDS = {"CONTACT_TO_COMPANY": "client", "DEAL_TO_COMPANY": "client", "DEAL_TO_CONTACT": "contact"}


def _read_hubspot(event: dict[str, Any]) -> Facts:
    verb = str(event.get("subscriptionType")).partition(".")[2]
    keys = {
        "merge": ("newObjectId", "primaryObjectId", "objectId"),
        "associationChange": ("fromObjectId",),
    }
    merged = (event.get("mergedObjectIds"), event.get("primaryObjectId")) if verb == "merge" else ()
    column = HUBSPOT_ENDS.get(str(event.get("associationType")))
    has_ended = verb == "associationChange" and _is_true(event.get("associationRemoved"))
    return _make_facts(
        HUBSPOT_RANKS.get(verb, OTHER),
        (event.get("occurredAt"),),
        [event.get(key) for key in keys.get(verb, ("objectId",))],
        merged,
        emptied=(column,) if has_ended and column else (),
    )


# Pipedrive: the record as it is, or as it was before its deletion. The survivor names the one that ended.
PIPEDRIVE_MERGING = ("person", "organization", "deal")


def _read_pipedrive(event: dict[str, Any]) -> Facts:
    meta = _inner(event, "meta")
    record = event["data"] if isinstance(event.get("data"), dict) else _inner(event, "previous")
    is_merge = meta.get("action") == "change" and meta.get("entity") in PIPEDRIVE_MERGING
    return _make_facts(
        {"create": CREATED, "delete": DELETED}.get(str(meta.get("action")), OTHER),
        (meta.get("timestamp"),),
        [record.get("id"), meta.get("entity_id")],
        (meta.get("merged_from_id"),) if is_merge else (),
    )


# Close: as before. Amounts are in cents. A lead that is merged is named by the event of the other.
def _read_close(body: dict[str, Any]) -> Facts:
    event = _inner(body, "event")
    record = event["data"] if isinstance(event.get("data"), dict) else _inner(event, "previous_data")
    kind, verb, meta = event.get("object_type"), event.get("action"), _inner(event, "meta")
    is_merge = (kind, verb) == ("lead", "merged")
    ids = [meta.get("merge_destination_lead_id")] if is_merge else [record.get("id")]
    return _make_facts(
        {"created": CREATED, "deleted": DELETED}.get(str(verb), OTHER),
        (event.get("date_updated"), event.get("date_created")),
        [*ids, event.get("object_id")],
        (meta.get("merge_source_lead_id"),) if is_merge else (),
        cents={"value": record["value"]} if kind == "opportunity" and "value" in record else {},
    )


# GoHighLevel: the type is one word that ends in its verb.
def _read_gohighlevel(event: dict[str, Any]) -> Facts:
    verbs = {"Create": CREATED, "Delete": DELETED}
    ranks = [rank for verb, rank in verbs.items() if str(event.get("type")).endswith(verb)]
    times = (
        event.get("timestamp"),
        _inner(event, "appointment").get("dateUpdated"),
        event.get("dateUpdated"),
    )
    rank = ranks[0] if ranks else OTHER
    return Facts(rank, times, exists=rank != DELETED)


READERS: dict[str, Callable[[dict[str, Any]], Facts]] = {
    "heffl": _read_simple,
    "seedly": _read_simple,
    "hubspot": _read_hubspot,
    "pipedrive": _read_pipedrive,
    "close": _read_close,
    "gohighlevel": _read_gohighlevel,
}


def _make_facts(
    rank: str,
    times: tuple[Any, ...],
    ids: list[Any],
    merged: tuple[Any, ...],
    *,
    emptied: tuple[str, ...] = (),
    cents: Mapping[str, Any] | None = None,
) -> Facts:
    record = next((_to_id(id) for id in ids if id not in NOTHING), None)
    ended = {
        _to_id(id) for value in merged for id in (value if isinstance(value, list) else [value]) if _is_id(id)
    }
    return Facts(rank, times, record, frozenset(ended - {record}), emptied, cents or {}, rank != DELETED)


def hundredths(raw: Any) -> str:
    """Return the amount that is so many hundredths, as amounts are written."""
    return str((Decimal(str(raw).strip("\ufeff\u200f\u202c\u00a0 ")) / 100).quantize(Decimal("0.0001")) + 0)


def _inner(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key)
    return value if isinstance(value, dict) else {}


def _is_id(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value not in NOTHING


def _to_id(value: Any) -> str:
    return str(value)


def _is_true(value: Any) -> bool:
    return value is True or str(value).lower() == "true"
