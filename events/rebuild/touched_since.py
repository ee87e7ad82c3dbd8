"""Finds the records that events since a time have touched, and what has to be folded to compare them.

The events since then are in the shadow already: from its timeline, and from the live one, it is known which
records they touch. Those are compared. Others have a part in what they show, and so are folded too: the
payments of an invoice, and the messages of a conversation.

A record of which only some events are folded may be a payment of another invoice than it is in truth. So this
is done in rounds, until every record that has a part in a compared one is folded whole.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from crmmirror.lib.database.cursors import execute
from entities.models import BaselineEntry, Conversation, TimelineEntry, Word
from entities.models.derived_tables import DERIVED_TABLES
from entities.models.introspection import model_name, record_models, wholes_of
from entities.shadow.compared_rows import ComparedRows
from entities.shadow.shadow_tables import SEARCH, TIMELINE, live_table

TIMELINE_TABLE = TimelineEntry._meta.db_table
CREATE_TABLES = """
    CREATE TEMPORARY TABLE touched_record (record_type text, record_id bigint) ON COMMIT DROP;
    CREATE UNIQUE INDEX ON pg_temp.touched_record (record_type, record_id);
    CREATE TEMPORARY TABLE folded_record (LIKE touched_record) ON COMMIT DROP;
    CREATE UNIQUE INDEX ON pg_temp.folded_record (record_type, record_id);
    CREATE TEMPORARY TABLE touched_conversation (source_id bigint, scope text, ref text) ON COMMIT DROP;
    CREATE UNIQUE INDEX ON pg_temp.touched_conversation (source_id, scope, ref);
    CREATE TEMPORARY TABLE needed_event (id bigint, round int) ON COMMIT DROP;
    CREATE UNIQUE INDEX ON pg_temp.needed_event (id);
    CREATE TEMPORARY TABLE needed_entry (id bigint, round int) ON COMMIT DROP;
    CREATE UNIQUE INDEX ON pg_temp.needed_entry (id)
"""
# A record that an event only refers to is not changed by it.
TOUCH = """
    INSERT INTO pg_temp.touched_record
    SELECT record_type, record_id FROM pg_temp."{timeline}" WHERE wrote <> '{{}}'
    UNION
    SELECT record_type, record_id FROM events_event event
    JOIN {live_timeline} entry ON entry.event_id = event.id
    WHERE event.settled_at >= %s AND wrote <> '{{}}'
"""
IS_TOUCHED = "id IN (SELECT record_id FROM pg_temp.touched_record WHERE record_type = '{name}')"
TOUCH_RECORDS = "INSERT INTO pg_temp.touched_record SELECT * FROM unnest(%s::text[], %s::bigint[])"
DROP_TABLES = """
    DROP TABLE pg_temp.touched_record, pg_temp.folded_record, pg_temp.touched_conversation,
        pg_temp.needed_event, pg_temp.needed_entry
"""
TOUCH_WHOLES = """
    INSERT INTO pg_temp.touched_record
    SELECT '{whole}', "{column}" FROM {table} part WHERE {is_touched} AND "{column}" IS NOT NULL
    GROUP BY "{column}" ON CONFLICT DO NOTHING
"""
FOLD_TOUCHED = "INSERT INTO pg_temp.folded_record SELECT * FROM pg_temp.touched_record"
FOLD_PARTS = """
    INSERT INTO pg_temp.folded_record SELECT '{name}', id FROM {table} part
    WHERE "{column}" IN (SELECT record_id FROM pg_temp.touched_record WHERE record_type = '{whole}')
    ON CONFLICT DO NOTHING
"""
TOUCH_CONVERSATIONS = """
    INSERT INTO pg_temp.touched_conversation SELECT DISTINCT source_id, scope, "{ref}" FROM {table} record
    WHERE {is_touched} AND "{ref}" IS NOT NULL ON CONFLICT DO NOTHING
"""
FOLD_MESSAGES = """
    INSERT INTO pg_temp.folded_record SELECT '{name}', id FROM {table} record
    JOIN pg_temp.touched_conversation talk
    ON record.source_id = talk.source_id AND record.scope = talk.scope AND record."{ref}" = talk.ref
    ON CONFLICT DO NOTHING
"""
NEED_EVENTS = """
    INSERT INTO pg_temp.needed_event SELECT DISTINCT event_id, {round} FROM {live_timeline} entry
    JOIN pg_temp.folded_record USING (record_type, record_id) WHERE wrote <> '{{}}'
    ON CONFLICT DO NOTHING
"""
NEED_ENTRIES = """
    INSERT INTO pg_temp.needed_entry SELECT entry.id, {round} FROM "{baseline}" entry
    JOIN {table} record USING (source_id, scope, external_id)
    JOIN pg_temp.folded_record folded ON folded.record_type = '{name}' AND folded.record_id = record.id
    WHERE entry.record_type = '{name}' ON CONFLICT DO NOTHING
"""
IS_NEEDED_EVENT = "event.id IN (SELECT id FROM pg_temp.needed_event WHERE round = {round})"
IS_NEEDED_ENTRY = "stored.id IN (SELECT id FROM pg_temp.needed_entry WHERE round = {round})"


def find_touched_records(since: datetime) -> None:
    """Note in temporary tables which records are compared.

    The events that were settled since then have been folded. Call it before others are.
    """
    execute(CREATE_TABLES)
    execute(TOUCH.format(timeline=TIMELINE_TABLE, live_timeline=live_table(TIMELINE_TABLE)), since)
    _touch_belonging()


def touch_records(records: Iterable[tuple[str, int]]) -> None:
    """Note in temporary tables that these records are compared, and what they have a part in.

    records: pairs (model's name, id), each once.
    """
    execute(CREATE_TABLES)
    execute(TOUCH_RECORDS, *map(list, zip(*records, strict=True)))
    _touch_belonging()


def forget_touched_records() -> None:
    """Drop the temporary tables before the transaction ends."""
    execute(DROP_TABLES)


def _touch_belonging() -> None:
    for statement in (*_touch_wholes(), *_touch_conversations(), FOLD_TOUCHED):
        execute(statement)


def note_needed(round_number: int) -> bool:
    """Note what is still to be folded in this round; return False if nothing is.

    round_number: 0, 1 and so on. Call it when what the round before has noted is folded.
    """
    for statement in _fold_belonging():
        execute(statement)
    execute("ANALYZE pg_temp.folded_record")
    count = execute(NEED_EVENTS.format(live_timeline=live_table(TIMELINE_TABLE), round=round_number))
    for model in record_models():
        for table in _sides(model._meta.db_table):
            names = {"baseline": BaselineEntry._meta.db_table, "table": table, "name": model_name(model)}
            count += execute(NEED_ENTRIES.format(**names, round=round_number))
    return count > 0


def compare_touched_records() -> ComparedRows:
    """Return which rows are compared.

    Words are compared that the folded events say; a name, unless the live table has a newer one.
    """
    conditions = {
        model._meta.db_table: IS_TOUCHED.format(name=model_name(model)) for model in record_models()
    }
    is_touched = "(record_type, record_id) IN (SELECT record_type, record_id FROM pg_temp.touched_record)"
    word_key = ", ".join(next(table.key for table in DERIVED_TABLES if table.model is Word))
    talk_key = "(source_id, scope, ref)"
    conditions |= {
        TIMELINE.name: f"wrote <> '{{}}' AND {is_touched}",
        SEARCH.name: is_touched,
        Conversation._meta.db_table: f"{talk_key} IN (SELECT * FROM pg_temp.touched_conversation)",
        Word._meta.db_table: f'({word_key}) IN (SELECT {word_key} FROM pg_temp."{Word._meta.db_table}")',
    }
    return ComparedRows(conditions, "coalesce(live.vendor_clock, '') <= shadow.vendor_clock")


def _sides(name: str) -> tuple[str, str]:
    return live_table(name), f'pg_temp."{name}"'


def _touch_wholes() -> Iterator[str]:
    for model in record_models():
        for name, whole in wholes_of(model).items():
            for table in _sides(model._meta.db_table):
                yield TOUCH_WHOLES.format(
                    whole=model_name(whole),
                    column=model._meta.get_field(name).column,  # type: ignore[union-attr]
                    table=table,
                    is_touched=IS_TOUCHED.format(name=model_name(model)),
                )


def _touch_conversations() -> Iterator[str]:
    for model in record_models():
        if model.conversation_rule:
            is_touched = IS_TOUCHED.format(name=model_name(model))
            for table in _sides(model._meta.db_table):
                yield TOUCH_CONVERSATIONS.format(
                    ref=model.conversation_rule.ref, table=table, is_touched=is_touched
                )


def _fold_belonging() -> Iterator[str]:
    """Yield the statements that note the parts of wholes, and the messages of conversations."""
    for model in record_models():
        for table in _sides(model._meta.db_table):
            for name, whole in wholes_of(model).items():
                yield FOLD_PARTS.format(
                    name=model_name(model),
                    table=table,
                    column=model._meta.get_field(name).column,  # type: ignore[union-attr]
                    whole=model_name(whole),
                )
            if model.conversation_rule:
                yield FOLD_MESSAGES.format(
                    name=model_name(model), ref=model.conversation_rule.ref, table=table
                )
