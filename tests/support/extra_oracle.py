"""The part of the oracle that computes what a record keeps in `extra`, after everything else is known."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from entities.merge import extra_bounds
from entities.merge.registers import Invalid
from tests.support.record_writes import Cells, Write


def key_digest(name: str) -> str:
    return hashlib.sha256(name.removeprefix("extra.").encode()).hexdigest()


def rank_keys(names: Iterable[str]) -> list[str]:
    """Return the registers of unmapped keys, by their keys' digests."""
    return sorted((name for name in names if name.startswith("extra.")), key=key_digest)


def count_others(counted: list[str], others: list[str]) -> int:
    """Return the number of the others; from the bound on, what the last digest of a few tells of it."""
    if len(others) < extra_bounds.MAX_COUNTED_KEYS:
        return len(others)
    lowest = extra_bounds.MAX_KEYS + len(counted)
    total = (lowest - 1) * 2**256 // (int(key_digest(counted[-1])[:32].ljust(64, "f"), 16) + 1)
    two_digits = float(f"{total - extra_bounds.MAX_KEYS:.1e}")
    return max(len(counted), int(two_digits))


def shorten_value(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    if isinstance(value, str | list | dict) and len(text) > extra_bounds.MAX_VALUE_BYTES:
        return {"bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}
    return value


def collect_extra(newest: dict[str, Write], kept: list[str]) -> Cells:
    """Return the values of unmapped keys, and the raw values that a column could not hold, by their key."""
    found = {name.removeprefix("extra."): shorten_value(newest[name].value) for name in kept}
    for write in sorted(newest.values(), key=lambda write: write.order):
        if isinstance(write.value, Invalid):
            found[write.value.key] = shorten_value(write.value.raw)
    return found
