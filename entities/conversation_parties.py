"""Says with whom a message was exchanged, also where it names nobody: with the parties of its conversation.

For pages, lists and filters. Whose records make up conversations stands in `Record.conversation_rule`.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, ForeignKey, JSONField, OuterRef, Q

from entities.models import Conversation, Record

# More parties than these are not shown.
MAX_PARTIES = 3


def find_unnamed_parties(rows: Sequence[Record]) -> dict[int, list[Record]]:
    """Return id -> the parties of the row's conversation, by external id, for rows that name none.

    At most MAX_PARTIES + 1 each. rows: of one model; one query, or none if every row names a party.
    """
    rule = rows[0].conversation_rule if rows else None
    if rule is None:
        return {}
    ids = [row.pk for row in rows if getattr(row, f"{rule.party}_id") is None and getattr(row, rule.ref)]
    if not ids:
        return {}
    party_model: Any = rows[0]._meta.get_field(rule.party).related_model
    fields = party_model._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields if not isinstance(field, JSONField))
    statement = f"""
        SELECT row.id AS row_id, party.* FROM "{rows[0]._meta.db_table}" row
        JOIN "{Conversation._meta.db_table}" conversation
            ON (conversation.source_id, conversation.scope, conversation.ref)
                = (row.source_id, row.scope, row.{rule.ref})
        CROSS JOIN LATERAL (
            SELECT {columns} FROM "{party_model._meta.db_table}" WHERE id = ANY(contact_ids)
            ORDER BY external_id COLLATE "C" LIMIT {MAX_PARTIES + 1}
        ) AS party
        WHERE row.id = ANY(%s) ORDER BY row.id, party.external_id COLLATE "C"
    """
    parties: dict[int, list[Record]] = defaultdict(list)
    for party in party_model._default_manager.raw(statement, [ids]):
        parties[party.row_id].append(party)
    return dict(parties)


def match_reference(field: ForeignKey, record_id: int) -> Q:
    """Return the condition for rows that refer to a record in this column.

    If the column names the party of conversations, the other rows of its conversations count too.
    """
    model: Any = field.model
    rule = model.conversation_rule
    if rule is None or rule.party != field.name:
        return Q(**{field.attname: record_id})
    # Two queries in one, each with an index of its own; one condition with OR would read the whole table.
    rows = model._default_manager.order_by()
    conversations = Conversation.objects.filter(
        contact_ids__contains=[record_id],
        source=OuterRef("source"),
        scope=OuterRef("scope"),
        ref=OuterRef(rule.ref),
    )
    naming = rows.filter(**{field.attname: record_id}).values("pk")
    return Q(pk__in=naming.union(rows.filter(Exists(conversations)).values("pk")))
