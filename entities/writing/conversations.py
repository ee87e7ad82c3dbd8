"""Derives conversations from the rows of their messages, in the transaction that writes those.

The lock on a conversation's row makes two workers that write two of its messages wait for each other. The
one that comes second reads the messages in a statement of its own, after it has the lock, and so it sees
those of the first. As in `record_tables`, the statements name tables without a schema, so that they write to
shadow tables too.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from crmmirror.lib.database.cursors import execute, fetch_rows
from crmmirror.lib.json_text import dump_json
from entities.models import Conversation, Record
from entities.models.conversation import INBOUND, OUTBOUND, ConversationRule

TABLE = Conversation._meta.db_table
KEYS = "jsonb_to_recordset(%s::jsonb) AS key (source_id bigint, scope text, ref text)"
HAS_KEY = "t.source_id = key.source_id AND t.scope = key.scope AND t.ref = key.ref"

# One statement inserts the missing rows and locks the others, all in the order of keys, so that no two
# workers wait for each other in a circle. A row that another worker deletes meanwhile is inserted again.
LOCK_CONVERSATIONS = f"""
    INSERT INTO "{TABLE}" (source_id, scope, ref) SELECT source_id, scope, ref FROM {KEYS}
    ORDER BY source_id, scope, ref
    ON CONFLICT (source_id, scope, ref) DO UPDATE SET message_count = excluded.message_count WHERE false
"""
DELETE_EMPTY_CONVERSATIONS = f'DELETE FROM "{TABLE}" t USING {KEYS} WHERE {HAS_KEY} AND message_count = 0'

# Column -> its value, of the messages of one conversation (`message`, see `_derive_statement`).
VALUES = {
    "contact_ids": "coalesce(array_agg(DISTINCT party_id ORDER BY party_id)"
    " FILTER (WHERE is_inbound AND party_id IS NOT NULL), '{}')",
    "message_count": "count(*)",
    "first_message_at": "min(at)",
    "last_message_at": "max(at)",
    "last_inbound_at": "max(at) FILTER (WHERE is_inbound)",
    "last_outbound_at": "max(at) FILTER (WHERE is_outbound)",
    "unanswered_since": "min(at) FILTER (WHERE is_inbound AND answers = 0)",
}

Membership = str | None
"""What a row contributes to its conversation (see `membership_expression`)."""


@dataclass(frozen=True)
class ConversationStatements:
    """The statements about the conversations that one model's records make up.

    read: ids -> id, membership (see `membership_expression`). derive: keys as JSON; writes every column.
    """

    read: str
    derive: str


def write_conversations(model: type[Record], former: Mapping[int, Membership]) -> None:
    """Derive anew the conversations that these records are in or were in.

    former: the locked records' ids -> their memberships before they were written. Call it after all records
    of the batch were locked and written.
    """
    statements = _conversation_statements(model)
    if statements is None or not former:
        return
    present: dict[int, Membership] = dict(fetch_rows(statements.read, sorted(former)))
    affected = _affected_keys((former[id], present[id]) for id in former)
    if affected:
        for statement in (LOCK_CONVERSATIONS, statements.derive, DELETE_EMPTY_CONVERSATIONS):
            execute(statement, affected)


def membership_expression(model: type[Record]) -> str:
    """Return the SQL expression for what a row contributes to its conversation: a JSON array of the
    conversation's key and the rest; null if the row is in none."""
    rule = model.conversation_rule
    if rule is None:
        return "NULL"
    parts = ("source_id", "scope", rule.ref, f"{rule.party}_id", rule.direction, _time(rule))
    return (
        f"CASE WHEN {rule.ref} IS NOT NULL AND NOT is_deleted"
        f" THEN jsonb_build_array({', '.join(parts)})::text END"
    )


def _affected_keys(changes: Iterable[tuple[Membership, Membership]]) -> str | None:
    """Return the keys of the conversations in which a membership changed, as JSON; None if there are none."""
    memberships = {side for before, after in changes if before != after for side in (before, after) if side}
    keys = sorted({tuple(json.loads(membership)[:3]) for membership in memberships})
    names = ("source_id", "scope", "ref")
    return dump_json([dict(zip(names, key, strict=True)) for key in keys]) if keys else None


@cache
def _conversation_statements(model: type[Record]) -> ConversationStatements | None:
    """Return a model's statements; None if its records make up no conversations."""
    rule = model.conversation_rule
    if rule is None:
        return None
    table = model._meta.db_table
    return ConversationStatements(
        read=f'SELECT id, {membership_expression(model)} FROM "{table}" WHERE id = ANY(%s)',
        derive=_derive_statement(table, rule),
    )


def _time(rule: ConversationRule) -> str:
    return f"coalesce({rule.time}, first_event_at)"


def _derive_statement(table: str, rule: ConversationRule) -> str:
    """Return the statement that sets the columns of conversations to what their messages say.

    answers: how many outbound messages come after a message. External ids are compared byte by byte, so that
    the order does not depend on the database's collation.
    """
    new, old = (", ".join(f"{side}.{column}" for column in VALUES) for side in ("new", "t"))
    values = ", ".join(f"{value} AS {column}" for column, value in VALUES.items())
    return f"""
        UPDATE "{TABLE}" t SET ({", ".join(VALUES)}) = ROW ({new})
        FROM {KEYS} CROSS JOIN LATERAL (
            SELECT {values} FROM (
                SELECT {rule.party}_id AS party_id, {_time(rule)} AS at,
                    coalesce({rule.direction} = '{INBOUND}', false) AS is_inbound,
                    coalesce({rule.direction} = '{OUTBOUND}', false) AS is_outbound,
                    count(*) FILTER (WHERE {rule.direction} = '{OUTBOUND}') OVER later AS answers
                FROM "{table}" record
                WHERE record.source_id = key.source_id AND record.scope = key.scope
                    AND record.{rule.ref} = key.ref AND NOT is_deleted
                WINDOW later AS (ORDER BY {_time(rule)} DESC NULLS LAST, external_id COLLATE "C" DESC)
            ) AS message
        ) AS new
        WHERE {HAS_KEY} AND ({old}) IS DISTINCT FROM ({new})
    """
