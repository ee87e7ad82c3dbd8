"""A record's timeline, history and provenance as the API tells them."""

from datetime import datetime
from typing import Any, TypedDict

from rest_framework import serializers

from entities import history, registers
from entities.api.columns import record_columns
from entities.history import Run, Seen, Transition
from entities.models import Record, TimelineEntry
from entities.provenance import Provenance, provenance, timeline_of
from entities.registers import ADDITION, EXISTS, EXTRA, Invalid, parts

# Registers that are shown under other names than their own.
SHOWN_AS = {EXISTS: ["is_deleted", "deleted_at"]}


class SeenValue(TypedDict):
    value: Any
    at: datetime
    rank: str
    event: int


# Two that have a key which Python keeps for itself.
ValueRun = TypedDict(
    "ValueRun",
    {"value": Any, "from": datetime, "until": datetime | None, "seconds": float | None, "event": int},
)
ValueChange = TypedDict("ValueChange", {"from": Any, "to": Any, "at": datetime, "event": int})


class ColumnHistory(TypedDict):
    seen: list[SeenValue]
    runs: list[ValueRun]
    transitions: list[ValueChange]


class TimelineSerializer(serializers.ModelSerializer):
    """One event that touched a record; `wrote` is empty where it only refers to it."""

    event_type = serializers.CharField(source="event.event_type")
    occurred_at = serializers.DateTimeField(source="event.occurred_at")
    received_at = serializers.DateTimeField(source="event.received_at")
    rank = serializers.SerializerMethodField()
    wrote = serializers.DictField()

    class Meta:
        model = TimelineEntry
        fields = ["event", "event_type", "occurred_at", "received_at", "rank", "wrote"]
        read_only_fields = fields

    def get_rank(self, entry: TimelineEntry) -> str:
        return rank_word(entry.clock)


class OriginSerializer(serializers.Serializer):
    """The event that a value is from."""

    event = serializers.IntegerField(source="event_id")
    event_type = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    rank = serializers.SerializerMethodField()

    def get_rank(self, origin: Provenance) -> str:
        return rank_word(origin.clock)


class ProvenanceSerializer(serializers.Serializer):
    """Where the values of the columns, and of the keys of `extra`, are from."""

    columns = serializers.DictField(child=OriginSerializer())
    extra = serializers.DictField(child=OriginSerializer())


def rank_word(clock: str) -> str:
    """copy, created, other or deleted."""
    return parts(clock).rank.name.lower()


def history_of(record: Record) -> dict[str, ColumnHistory]:
    """Each tracked column's history."""
    entries = list(timeline_of(record).filter(wrote__has_any_keys=list(record.tracked)))
    return {column: told(history.seen(entries, column)) for column in record.tracked}


def told(values: list[Seen]) -> ColumnHistory:
    found = history.runs(values)
    return {
        "seen": [told_value(value) for value in values],
        "runs": [told_run(run) for run in found],
        "transitions": [told_change(change) for change in history.transitions(found)],
    }


def told_value(seen: Seen) -> SeenValue:
    return {"value": seen.value, "at": seen.at, "rank": rank_word(seen.clock), "event": seen.event_id}


def told_run(run: Run) -> ValueRun:
    return {
        "value": run.value,
        "from": run.began,
        "until": run.ended,
        "seconds": run.seconds,
        "event": run.event_id,
    }


def told_change(change: Transition) -> ValueChange:
    return {"from": change.before, "to": change.after, "at": change.at, "event": change.event_id}


def provenance_of(record: Record) -> dict[str, dict[str, Provenance]]:
    """As `ProvenanceSerializer` takes it, null values included; of a column's registers the newest."""
    state = registers.load(record.registers)
    columns: dict[str, Provenance] = {}
    extra: dict[str, Provenance] = {}
    for name, origin in sorted(provenance(record).items(), key=lambda item: item[1].clock):
        if name.startswith(EXTRA):
            extra[name.removeprefix(EXTRA)] = origin
            continue
        columns |= dict.fromkeys(SHOWN_AS.get(name, [name.split(ADDITION)[0]]), origin)
        if name in state and isinstance(invalid := state[name].value, Invalid):
            extra[invalid.key] = origin
    shown = [column.name for column in record_columns(type(record))]
    return {"columns": {name: columns[name] for name in shown if name in columns}, "extra": extra}
