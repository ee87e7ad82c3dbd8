"""A record's timeline, history and provenance, as the API shows them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, TypedDict

from rest_framework import serializers

from entities.api.rows.api_columns import get_record_columns
from entities.api.rows.serializers import DocumentField
from entities.history.history_columns import history_columns
from entities.merge.clock import parse_clock
from entities.merge.history import (
    SeenValue,
    Transition,
    ValueRun,
    first_part,
    joint_runs,
    joint_values,
    value_transitions,
)
from entities.merge.registers import ADDITION, EXISTS, EXTRA, Invalid, load_state
from entities.models import Record, TimelineEntry
from entities.provenance import Provenance, find_provenance, timeline_entries

# Registers that are not named after the columns that show them.
REGISTER_COLUMNS = {EXISTS: ["is_deleted", "deleted_at"]}


class SeenValueJson(TypedDict):
    """A value that an event gave a column."""

    value: Any
    at: datetime
    rank: str
    event: int


# A run is a time during which the column had one value without a break; a transition leads from one run
# to the next. Both have the key "from", which a class cannot declare because it is a keyword of Python.
ValueRunJson = TypedDict(
    "ValueRunJson",
    {"value": Any, "from": datetime, "until": datetime | None, "seconds": float | None, "event": int},
)
TransitionJson = TypedDict("TransitionJson", {"from": Any, "to": Any, "at": datetime, "event": int})


class ColumnHistory(TypedDict):
    """The history of one column, oldest first."""

    seen: list[SeenValueJson]
    runs: list[ValueRunJson]
    transitions: list[TransitionJson]


class TimelineSerializer(serializers.ModelSerializer):
    """One event that touched a record. `wrote` is empty if the event only refers to the record.

    context: `hidden_columns`, whose values are left out.
    """

    event_type = serializers.CharField(source="event.event_type")
    occurred_at = serializers.DateTimeField(source="event.occurred_at")
    received_at = serializers.DateTimeField(source="event.received_at")
    rank = serializers.SerializerMethodField()
    wrote = DocumentField()

    class Meta:
        model = TimelineEntry
        fields = ["event", "event_type", "occurred_at", "received_at", "rank", "wrote"]
        read_only_fields = fields

    def to_representation(self, instance: TimelineEntry) -> dict[str, Any]:
        shown = super().to_representation(instance)
        hidden = self.context.get("hidden_columns", ())
        return shown | {
            "wrote": {name: value for name, value in shown["wrote"].items() if name not in hidden}
        }

    def get_rank(self, entry: TimelineEntry) -> str:
        return rank_name(entry.clock)


class OriginSerializer(serializers.Serializer):
    """The event that a value comes from."""

    event = serializers.IntegerField(source="event_id")
    event_type = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    rank = serializers.SerializerMethodField()

    def get_rank(self, origin: Provenance) -> str:
        return rank_name(origin.clock)


class ProvenanceSerializer(serializers.Serializer):
    """The origins of the values of the columns and of the keys of `extra`."""

    columns = serializers.DictField(child=OriginSerializer())
    extra = serializers.DictField(child=OriginSerializer())


def rank_name(clock: str) -> str:
    """Return the rank of a clock: copy, created, other or deleted."""
    return parse_clock(clock).rank.name.lower()


def serialize_history(record: Record) -> dict[str, ColumnHistory]:
    """Return the history of each column that has one, from the record's timeline."""
    columns = history_columns(type(record))
    registers = {register for column in columns.values() for register in column.registers}
    entries = list(timeline_entries(record).filter(wrote__has_any_keys=sorted(registers)))
    return {
        name: serialize_column_history(joint_values(entries, column.registers))
        for name, column in columns.items()
    }


def serialize_column_history(values: list[SeenValue]) -> ColumnHistory:
    """Return one column's history. values: joint ones, in the order of their clocks."""
    runs = joint_runs(values)
    return {
        "seen": [serialize_seen_value(value) for value in values],
        "runs": [serialize_run(run) for run in runs],
        "transitions": [serialize_transition(change) for change in value_transitions(runs)],
    }


def serialize_seen_value(seen: SeenValue) -> SeenValueJson:
    return {
        "value": first_part(seen.value),
        "at": seen.at,
        "rank": rank_name(seen.clock),
        "event": seen.event_id,
    }


def serialize_run(run: ValueRun) -> ValueRunJson:
    return {
        "value": run.value,
        "from": run.began,
        "until": run.ended,
        "seconds": run.seconds,
        "event": run.event_id,
    }


def serialize_transition(change: Transition) -> TransitionJson:
    return {"from": change.before, "to": change.after, "at": change.at, "event": change.event_id}


def serialize_provenance(record: Record, hidden: Collection[str] = ()) -> dict[str, dict[str, Provenance]]:
    """Return the origins that `ProvenanceSerializer` shows, also of null values; none of hidden columns.

    A column with several registers, such as a set with additions, shows the newest one's origin.
    """
    state = load_state(record.registers)
    columns: dict[str, Provenance] = {}
    extra: dict[str, Provenance] = {}
    for name, origin in sorted(find_provenance(record).items(), key=lambda item: item[1].clock):
        if name.startswith(EXTRA):
            extra[name.removeprefix(EXTRA)] = origin
            continue
        columns |= dict.fromkeys(REGISTER_COLUMNS.get(name, [name.split(ADDITION)[0]]), origin)
        if name in state and isinstance(invalid := state[name].value, Invalid):
            extra[invalid.key] = origin
    names = [column.name for column in get_record_columns(type(record)) if column.name not in hidden]
    return {"columns": {name: columns[name] for name in names if name in columns}, "extra": extra}
