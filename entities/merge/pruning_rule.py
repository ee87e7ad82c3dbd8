"""The rule of pruning: which writes of a record's events are kept when the events' bodies are removed. Pure.

What is kept of a set of events is what the merge, the history and the derived columns need of them, so that
merging it with any other events, in any order, gives what merging the whole events gives. It depends on the
set alone: pruning some events first and others later keeps the same as pruning all at once.
"""

from collections.abc import Mapping, Set
from typing import Any

from entities.merge.registers import COUNTED, State, join_states, to_state

Writes = dict[str, Any]
"""Register name -> value."""


def prune_writes(entries: Mapping[str, Mapping[str, Any]], kept: Set[str]) -> dict[str, Writes]:
    """Return what stays of the writes of one record's events. entries, result: clock -> writes.

    kept: registers of which every write stays, because something is read off all of them.

    1. Of every other register the winner stays. A register of which only the digest is kept of the key
       becomes that (see `entities.merge.extra_bounds`).
    2. The first entry that wrote anything keeps one write, by which it is known since when the record is
       there.
    3. An entry with nothing left goes. The newest of them stays: a record that is only referred to is one
       too.
    """
    pruned = {
        clock: {name: value for name, value in writes.items() if name in kept}
        for clock, writes in entries.items()
    }
    for name, register in _find_winners(entries, kept).items():
        pruned[register.clock][name] = register.value
    first = min((clock for clock, writes in entries.items() if writes), default=None)
    if first is not None and not kept & entries[first].keys():
        # Always the same one, though another may win now and lose later: the choice owes nothing to what was
        # pruned first. A digest of a key would not show in the timeline.
        name = min(entries[first], key=lambda name: (name.startswith(COUNTED), name))
        pruned[first][name] = entries[first][name]
    newest_empty = max((clock for clock, writes in pruned.items() if not writes), default=None)
    return {clock: writes for clock, writes in pruned.items() if writes or clock == newest_empty}


def _find_winners(entries: Mapping[str, Mapping[str, Any]], kept: Set[str]) -> State:
    winners: State = {}
    for clock, writes in entries.items():
        others = {name: value for name, value in writes.items() if name not in kept}
        winners = join_states(winners, to_state(others, clock))
    return winners
