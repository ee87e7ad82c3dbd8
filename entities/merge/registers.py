"""The merge: a record is a map of last-writer-wins registers (a state-based CRDT). Pure.

Joining two states keeps each register's write with the greater clock (see `entities.merge.clock`). No two
writes to a register have the same clock unless they are the same write, so the join is commutative,
associative and idempotent: neither order nor batches nor repetitions of events change its result. All that
a row shows is computed from the joined state. Register names:

    title           a column
    exists          whether the record exists; false is the tombstone of a deleted record
    extra.<key>     a key that the vendor's module does not name
    extra#<digest>  such a key of which only the digest is kept (see `entities.merge.extra_bounds`)
    tags+<label>    one label added to the set column `tags`
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from entities.merge import extra_bounds
from entities.merge.clock import clock_time

EXISTS: Final = "exists"
EXTRA: Final = "extra."
COUNTED: Final = "extra#"
ADDITION: Final = "+"
IN_COLUMN: Final = object()
"""Stands for the value of a stored register that is in its column: it did not change, and is not read."""


@dataclass(frozen=True, slots=True)
class Invalid:
    """A value that its column cannot hold: the vendor's key, and the raw value under it."""

    key: str
    raw: Any


class Register(NamedTuple):
    """The newest write to one register."""

    clock: str
    value: Any


# Takes half the time of Register(clock, value), and an event has dozens of registers.
_make_register: Callable[[tuple[str, Any]], Register] = partial(tuple.__new__, Register)

State = dict[str, Register]
"""Register name -> register."""


def to_state(writes: Mapping[str, Any], clock: str) -> State:
    """Return one event's writes as a state."""
    return {name: _make_register((clock, value)) for name, value in writes.items()}


def join_states(one: State, other: State) -> State:
    """Return a new state that has, of each register, the write with the greater clock (last writer wins).

    It has no more keys of `extra` than a record may keep.
    """
    joined = dict(one)
    for name, register in other.items():
        present = joined.get(name)
        if present is None or present.clock < register.clock:
            joined[name] = register
    return bound_extra(joined)


def bound_extra(state: State) -> State:
    """Return the state with no more keys of `extra` than a record may keep; of the next ones the digests."""
    if len(state) <= extra_bounds.MAX_KEYS:
        return state
    bounded: State = {}
    for name, stays_as in _bounded_names(state).items():
        clock, value = state[name]
        present = bounded.get(stays_as)
        if present is None or present.clock < clock:
            bounded[stays_as] = Register(clock, value if stays_as == name else True)
    return bounded


def bound_writes(writes: dict[str, Any]) -> dict[str, Any]:
    """Return one event's writes with no more keys of `extra` than a record may keep."""
    if len(writes) <= extra_bounds.MAX_KEYS:
        return writes
    names = _bounded_names(writes)
    return {stays_as: writes[name] if stays_as == name else True for name, stays_as in names.items()}


def changed_registers(stored: State, joined: State) -> set[str]:
    """Return the registers in which `joined` has a newer write than `stored`, or the only one."""
    return {
        name for name, register in joined.items() if name not in stored or stored[name].clock < register.clock
    }


def load_state(registers: Mapping[str, Any]) -> State:
    """Return the state out of a row's `registers`. A value that is in its column is IN_COLUMN."""
    values = registers.get("values", {})
    return {
        name: _make_register((clock, _decode(name, values[name]) if name in values else IN_COLUMN))
        for name, clock in stored_clocks(registers).items()
    }


def dump_state(state: State, columns: Iterable[str]) -> dict[str, Any]:
    """Return the `registers` of a row: every clock once, and the values that are in none of `columns`."""
    names_by_clock: dict[str, list[str]] = {}
    for name, register in state.items():
        names_by_clock.setdefault(register.clock, []).append(name)
    plain = frozenset(columns)
    return {
        "clocks": {clock: sorted(names) for clock, names in sorted(names_by_clock.items())},
        "values": {
            name: _encode(register.value)
            for name, register in state.items()
            if not _is_in_column(name, register, plain)
        },
    }


def stored_clocks(registers: Mapping[str, Any]) -> dict[str, str]:
    """Return register name -> clock, out of a row's `registers`."""
    return {name: clock for clock, names in registers.get("clocks", {}).items() for name in names}


def extra_values(state: State) -> dict[str, Any]:
    """Return what the vendor said that no column holds: unnamed keys, and the newest invalid values."""
    unnamed = {
        name.removeprefix(EXTRA): register.value for name, register in state.items() if name.startswith(EXTRA)
    }
    invalid = [register for register in state.values() if isinstance(register.value, Invalid)]
    invalid.sort(key=lambda register: register.clock)
    return unnamed | {register.value.key: register.value.raw for register in invalid}


def count_omitted_keys(state: State) -> int:
    """Return how many keys the record has heard of besides those in `extra`; estimated if they are many."""
    if len(state) <= extra_bounds.MAX_KEYS:
        return 0
    return extra_bounds.estimate_omitted(
        name.removeprefix(COUNTED) for name in state if name.startswith(COUNTED)
    )


def set_members(state: State, column: str) -> list[str] | None:
    """Return a set column's value: its newest whole set, and every addition that is newer than that."""
    whole = state.get(column, Register("", None))
    prefix = column + ADDITION
    added = {
        name.removeprefix(prefix)
        for name, register in state.items()
        if name.startswith(prefix) and register.clock > whole.clock
    }
    if isinstance(whole.value, list):
        return sorted(added.union(whole.value))
    return sorted(added) if added else None


def deleted_at(state: State) -> str | None:
    """Return when the record was deleted, in ISO 8601; None while it exists."""
    exists = state.get(EXISTS)
    return clock_time(exists.clock) if exists and exists.value is False else None


def timeline_values(writes: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event's writes for the timeline: an invalid value is null there, and raw under `extra`.

    Keys that are only counted are not in it.
    """
    shown: dict[str, Any] = {}
    for name, value in writes.items():
        if name.startswith(COUNTED):
            continue
        if isinstance(value, Invalid):
            shown |= {name: None, EXTRA + value.key: value.raw}
        else:
            shown[name] = value
    return shown


def _bounded_names(names: Collection[str]) -> dict[str, str]:
    """Return name -> the name under which its register stays. A register that is not there goes."""
    digests = {
        name: name.removeprefix(COUNTED)
        if name.startswith(COUNTED)
        else extra_bounds.key_digest(name.removeprefix(EXTRA))
        for name in names
        if name.startswith((EXTRA, COUNTED))
    }
    kept, counted = extra_bounds.split_digests(digests.values())
    stay = {name: name for name in names if name not in digests or digests[name] in kept}
    return stay | {name: COUNTED + digest for name, digest in digests.items() if digest in counted}


def _is_in_column(name: str, register: Register, plain: frozenset[str]) -> bool:
    """Return True if the row shows the value elsewhere, or the name says it all (an addition, a digest)."""
    if isinstance(register.value, Invalid) or name.startswith(EXTRA):
        return False
    return name in plain or ADDITION in name or name.startswith(COUNTED)


def _encode(value: Any) -> Any:
    return {"key": value.key, "raw": value.raw} if isinstance(value, Invalid) else value


def _decode(name: str, value: Any) -> Any:
    is_invalid = isinstance(value, dict) and not name.startswith(EXTRA)
    return Invalid(value["key"], value["raw"]) if is_invalid else value
