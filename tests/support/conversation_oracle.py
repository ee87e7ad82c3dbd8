"""An oracle of conversations: groups the messages that `tests.support.oracle` computes, and nothing else."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from entities.models import Message
from tests.support.record_writes import Cells, Key
from tests.support.table_contents import to_column_value

TIME = Message._meta.get_field("occurred_at")


class ConversationKey(NamedTuple):
    """A conversation's key; source is the source's id."""

    source: int
    scope: str
    ref: str


def expected_conversations(records: Mapping[Key, Cells]) -> dict[ConversationKey, Cells]:
    """Return the cells of every conversation that must exist, with external ids of contacts.

    records: as `tests.support.oracle.expected_cells` returns them.
    """
    messages: dict[ConversationKey, list[Cells]] = defaultdict(list)
    for key, cells in records.items():
        ref = cells.get("conversation_ref")
        if key.model == "message" and ref is not None and not cells["is_deleted"]:
            messages[ConversationKey(key.source, key.scope, ref)].append(cells | {"id": key.external_id})
    return {key: _compute_cells(said) for key, said in messages.items()}


def _compute_cells(messages: list[Cells]) -> Cells:
    """Return a conversation's cells: reads its messages from the first to the last."""
    unanswered: list[Any] = []
    for message in sorted(messages, key=_place):
        if message.get("direction") == "outbound":
            unanswered.clear()
        elif message.get("direction") == "inbound":
            unanswered.append(_time(message))
    inbound, outbound = (
        [message for message in messages if message.get("direction") == word]
        for word in ("inbound", "outbound")
    )
    return {
        "contact_ids": sorted({message["contact"] for message in inbound if message.get("contact")}),
        "message_count": len(messages),
        "first_message_at": min(_times(messages), default=None),
        "last_message_at": max(_times(messages), default=None),
        "last_inbound_at": max(_times(inbound), default=None),
        "last_outbound_at": max(_times(outbound), default=None),
        "unanswered_since": next((time for time in unanswered if time), None),
    }


def _time(message: Cells) -> Any:
    return to_column_value(TIME, message.get("occurred_at") or message["first_event_at"])


def _times(messages: Iterable[Cells]) -> list[Any]:
    return [time for message in messages if (time := _time(message))]


def _place(message: Cells) -> tuple[bool, Any, str]:
    """Return the sort key of a message: those without a time come first, by their ids."""
    time = _time(message)
    return time is not None, time or "", message["id"]
