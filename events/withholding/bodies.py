"""Tells whether a body names an erased person, and empties the bodies of events."""

import re
from collections.abc import Iterable
from typing import Any

from crmmirror.lib.database.cursors import execute
from entities.erasure.marked_addresses import Address, find_in_value, find_possible_addresses, iterate_texts
from entities.reading.envelopes.strict_json import Malformed, parse_json
from events.models import Event

LOG = Event._meta.db_table
# The event stays, known by the digest of its body, so that a redelivery is a duplicate. Warnings and errors
# may quote values.
EMPTY = f"""
    UPDATE {LOG} SET body = '', headers = '{{}}', warnings = '[]', error = '', next_attempt_at = NULL,
        pruned_at = coalesce(pruned_at, clock_timestamp())
    WHERE id = ANY(%s)
"""
ERASED = "The body named an erased person, and was removed before the event could be applied."
# A JSON escape, or a byte that stands in no text of one byte a character: the text has to be decoded first.
NEEDS_PARSING = re.compile(rb"[\\\x00]")


def read_content(body: bytes) -> Any:
    """Return the JSON value in a body; its text if it is no JSON."""
    try:
        return parse_json(body)
    except Malformed:
        return body.decode(errors="replace")


def find_addresses_in_body(body: bytes) -> set[Address]:
    """Return every address that may stand anywhere in a body."""
    # Speed: most bodies have no escapes, and need not be parsed a second time.
    if NEEDS_PARSING.search(body):
        return find_in_value(read_content(body))
    return find_possible_addresses(body.decode(errors="replace"))


def list_texts(body: bytes) -> set[str]:
    """Return every text and number that stands in a body as a value of its own."""
    return set(iterate_texts(read_content(body)))


def empty_bodies(event_ids: Iterable[int]) -> None:
    """Remove the bodies, headers, warnings and errors of these events for good."""
    if ids := sorted(event_ids):
        execute(EMPTY, ids)
