"""The bounds of a record's `extra`, which do not depend on the order of events. Pure.

Whoever may deliver can send 55,000 new keys in one event, and other keys in the next. So a record keeps the
MAX_KEYS keys whose digests are lowest. Of the next MAX_COUNTED_KEYS it keeps the digests, by which it tells
how many keys there are besides those in `extra`. Whatever is left out stands in the events.

Why records still converge: the set of keys that a record has heard of only grows. A null is a value, and a
deletion takes no key away. The raw value of a column, which does go away, is not in the set: it stays in the
column's register, its only place, where junk cannot push it out; columns are few. Of a set that only grows,
a member that ends among the N lowest was among the N lowest all the time, so each of its writes was kept;
and a member that was left out once has N lower ones for ever. Enforced by `registers.bound_extra`, through
which `join_states` passes every state, and by `registers.bound_writes`, through which `reading` passes every
event.

A changed constant is like a changed module of a vendor: `rebuild_mirror` brings it to the records that are
there.
"""

import hashlib
import heapq
import json
from collections.abc import Iterable
from typing import Any, Final

MAX_KEYS = 500
# The number of keys is exact up to so many more; beyond them it is estimated, 2.6 % off on average.
MAX_COUNTED_KEYS = 1_000
# A bigint holds it. Only somebody who searches for keys with low digests could get there.
MAX_ESTIMATE: Final = 10**18
# Of a value as JSON in UTF-8.
MAX_VALUE_BYTES = 16_000
# Of one character in JSON: a control character is \\u and four digits.
MAX_BYTES_OF_CHARACTER: Final = 6
# Characters of a key. The longest that vendors were seen to send have 40.
MAX_KEY_LENGTH = 200
SHOWN_KEY_LENGTH: Final = 100
# Hexadecimal digits of a digest: 128 bits, so that nobody finds two keys with the same.
DIGEST_LENGTH: Final = 32

# Sorted: PostgreSQL does not keep the order of an object's keys, so it is no part of a value.
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def key_digest(key: str) -> str:
    """Return the beginning of the SHA-256 of a key in UTF-8, in hex. It sorts as the whole does."""
    return hashlib.sha256(key.encode()).hexdigest()[:DIGEST_LENGTH]


def split_digests(digests: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the digests of the keys that are kept, and of those that are only counted."""
    lowest = heapq.nsmallest(MAX_KEYS + MAX_COUNTED_KEYS, set(digests))
    return frozenset(lowest[:MAX_KEYS]), frozenset(lowest[MAX_KEYS:])


def estimate_omitted(counted: Iterable[str]) -> int:
    """Return the number of keys that are not kept, from the digests of those that are counted.

    Below MAX_COUNTED_KEYS it is exact. From there on it is estimated with two digits: digests are spread
    evenly, so of n keys the k-th lowest digest is at about k/n of their range (a k-minimum-values sketch).
    """
    digests = sorted(counted)
    if len(digests) < MAX_COUNTED_KEYS:
        return len(digests)
    share = (int(digests[-1], 16) + 1) / 16**DIGEST_LENGTH
    estimate = int((MAX_KEYS + MAX_COUNTED_KEYS - 1) / share) - MAX_KEYS
    return min(max(len(digests), round(estimate, 2 - len(str(estimate)))), MAX_ESTIMATE)


def bound_key(key: str) -> str:
    """Return the key, or the beginning of a long one with its SHA-256."""
    if len(key) <= MAX_KEY_LENGTH:
        return key
    return f"{key[:SHOWN_KEY_LENGTH]}… sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def bound_value(value: Any) -> Any:
    """Return the JSON value, or the length and SHA-256 of one that is longer than MAX_VALUE_BYTES as JSON."""
    # A number of more than 4,000 digits is a text by now.
    if not isinstance(value, str | list | dict):
        return value
    # Speed: most values are short texts, and need not be encoded to be measured.
    if isinstance(value, str) and len(value) <= MAX_VALUE_BYTES // MAX_BYTES_OF_CHARACTER:
        return value
    content = _ENCODER.encode(value).encode()
    if len(content) <= MAX_VALUE_BYTES:
        return value
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
