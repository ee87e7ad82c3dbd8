"""The merge: a record is a map of last-writer-wins registers. Pure.

A register has a clock, a text that sorts as (event time, rank, digest of the event's body) does,
so any two writes have one order wherever and whenever they are compared. Joining two states keeps
each register's greater clock; that is commutative, associative and idempotent, and everything that
a row shows is a projection of the joined state. Register names:

    title           a column
    exists          whether the record exists: false once deleted
    extra.<key>     a key that the mapping does not name
    tags+<label>    one label added to the set column `tags`
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

EXISTS: Final = "exists"
EXTRA: Final = "extra."
ADDITION: Final = "+"
IN_COLUMN: Final = object()
"""The value of a stored register that its column holds: unchanged, and not read."""


@dataclass(frozen=True, slots=True)
class Invalid:
    """A value that its column cannot hold: the vendor's key and what stood under it."""

    key: str
    raw: Any


class Register(NamedTuple):
    clock: str
    value: Any


State = dict[str, Register]


def to_state(writes: Mapping[str, Any], clock: str) -> State:
    """One event's writes as a state of its own."""
    return {name: Register(clock, value) for name, value in writes.items()}


def join_states(one: State, other: State) -> State:
    """The state that has heard both: of each register the write with the greater clock."""
    joined = dict(one)
    for name, register in other.items():
        held = joined.get(name)
        if held is None or held.clock < register.clock:
            joined[name] = register
    return joined


def changed_registers(held: State, joined: State) -> set[str]:
    """The registers that a join gave a newer write than `held` has."""
    return {
        name for name, register in joined.items() if name not in held or held[name].clock < register.clock
    }


def load_state(registers: Mapping[str, Any]) -> State:
    """The state out of a row's `registers`; values that are in columns are KEPT."""
    values = registers.get("values", {})
    return {
        name: Register(clock, _decode(name, values[name]) if name in values else IN_COLUMN)
        for clock, names in registers.get("clocks", {}).items()
        for name in names
    }


def dump_state(state: State, columns: Iterable[str]) -> dict[str, Any]:
    """The `registers` of a row: every clock once, and the values that are in none of `columns`."""
    clocks: dict[str, list[str]] = {}
    for name, register in state.items():
        clocks.setdefault(register.clock, []).append(name)
    plain = frozenset(columns)
    values = {
        name: _encode(register.value)
        for name, register in state.items()
        if isinstance(register.value, Invalid)
        or name.startswith(EXTRA)
        or (name not in plain and ADDITION not in name)
    }
    return {"clocks": {clock: sorted(names) for clock, names in sorted(clocks.items())}, "values": values}


def stored_clocks(registers: Mapping[str, Any]) -> dict[str, str]:
    """Register name -> clock, out of a row's `registers`."""
    return {name: clock for clock, names in registers.get("clocks", {}).items() for name in names}


def extra_values(state: State) -> dict[str, Any]:
    """What the vendor said that no column holds: unnamed keys, and the newest invalid values."""
    found = {
        name.removeprefix(EXTRA): register.value for name, register in state.items() if name.startswith(EXTRA)
    }
    invalid = [register for register in state.values() if isinstance(register.value, Invalid)]
    return found | {held.value.key: held.value.raw for held in sorted(invalid, key=lambda held: held.clock)}


def set_members(state: State, column: str) -> list[str] | None:
    """A set column: its newest whole value, and every addition that is newer."""
    whole = state.get(column, Register("", None))
    prefix = column + ADDITION
    added = {
        name.removeprefix(prefix)
        for name, register in state.items()
        if name.startswith(prefix) and register.clock > whole.clock
    }
    said = whole.value if isinstance(whole.value, list) else None
    return sorted(added.union(said or ())) if added or said is not None else None


def deleted_at(state: State) -> str | None:
    """When the record was deleted, in ISO 8601; None while it exists."""
    exists = state.get(EXISTS)
    return exists.clock.split(" ")[0] if exists and exists.value is False else None


def timeline_values(writes: Mapping[str, Any]) -> dict[str, Any]:
    """An event's writes as the timeline shows them: an invalid value is null, and raw under `extra`."""
    found: dict[str, Any] = {}
    for name, value in writes.items():
        if isinstance(value, Invalid):
            found |= {name: None, EXTRA + value.key: value.raw}
        else:
            found[name] = value
    return found


def _encode(value: Any) -> Any:
    return {"key": value.key, "raw": value.raw} if isinstance(value, Invalid) else value


def _decode(name: str, value: Any) -> Any:
    is_invalid = isinstance(value, dict) and not name.startswith(EXTRA)
    return Invalid(value["key"], value["raw"]) if is_invalid else value
