"""Removes words in use and names of ids that only the erased events said: a rebuild would not make them."""

from collections import defaultdict

from crmmirror.lib.database.cursors import execute, fetch_rows
from crmmirror.lib.json_text import dump_json
from entities.models import TimelineEntry, Word
from entities.models.introspection import record_models, record_models_by_name
from entities.models.naming.named_refs import named_refs
from entities.writing.source_statement import SourceStatement
from entities.writing.words.write_words import COLUMNS, WordKey, collect_words
from entities.writing.write_names import NAME_TABLE, NameKey, VendorName, collect_names
from events.privacy.plan import ErasurePlan, EventChange

TIMELINE = TimelineEntry._meta.db_table
# Reads the timeline of one kind of record once, whatever the number of words.
STILL_SAID = f"""
    SELECT DISTINCT record.source_id, record.scope, entry.wrote ->> '{{field}}'
    FROM "{TIMELINE}" entry JOIN "{{table}}" record ON record.id = entry.record_id
    WHERE entry.record_type = '{{name}}' AND entry.wrote ->> '{{field}}' = ANY(%s)
"""
DELETE_WORDS = f"""
    DELETE FROM "{Word._meta.db_table}" WHERE ({COLUMNS}) IN (
        SELECT {COLUMNS} FROM jsonb_to_recordset(%s::jsonb)
            AS gone (source_id bigint, scope text, record_type text, field text, word text)
    )
"""
STILL_NAMED = f"""
    SELECT entry.clock, entry.wrote ->> '{{name_column}}'
    FROM "{TIMELINE}" entry JOIN "{{table}}" record ON record.id = entry.record_id
    WHERE entry.record_type = '{{name}}' AND record.source_id = %s AND record.scope = %s
        AND entry.wrote ->> '{{column}}' = %s AND entry.wrote ->> '{{name_column}}' <> ''
"""
UPDATE_NAME = f"""
    UPDATE "{NAME_TABLE}" SET vendor_name = %s, vendor_clock = %s
    WHERE (source_id, scope, kind, ref) = (%s, %s, %s, %s)
"""


def remove_unsaid(plan: ErasurePlan) -> None:
    """Remove the words, and set back the names, that no event says any more. Call it after the timeline."""
    said = [one for change in plan.changes for one in _to_statements(change, change.event.said)]
    kept = [one for change in plan.changes for one in _to_statements(change, change.kept)]
    _remove_words(collect_words(said) - collect_words(kept))
    kept_names = collect_names(kept)
    for key, name in collect_names(said).items():
        if name.name and kept_names.get(key) != name:
            _set_back_name(key)


def _to_statements(change: EventChange, said: tuple) -> list[SourceStatement]:
    return [SourceStatement(one.key, change.event.id, one.clock, dict(one.writes), omitted=0) for one in said]


def _remove_words(words: set[WordKey]) -> None:
    by_field: dict[tuple[str, str], set[WordKey]] = defaultdict(set)
    for word in words:
        by_field[word.record_type, word.field].add(word)
    for (record_type, field), of_field in by_field.items():
        table = record_models_by_name()[record_type]._meta.db_table
        rows = fetch_rows(
            STILL_SAID.format(field=field, table=table, name=record_type),
            sorted({word.word for word in of_field}),
        )
        said = {WordKey(source_id, scope, record_type, field, word) for source_id, scope, word in rows}
        execute(DELETE_WORDS, dump_json([word._asdict() for word in of_field - said]))


def _set_back_name(key: NameKey) -> None:
    """Give an id the newest name that an event still gives it."""
    names = [VendorName("", "")]
    for model in record_models():
        for column, ref in named_refs(model).items():
            if ref.kind == key.kind and ref.name_column:
                statement = STILL_NAMED.format(
                    name=model._meta.model_name,
                    table=model._meta.db_table,
                    column=column,
                    name_column=ref.name_column,
                )
                rows = fetch_rows(statement, key.source_id, key.scope, key.ref)
                names += [VendorName(clock, name) for clock, name in rows]
    newest = max(names)
    execute(UPDATE_NAME, newest.name, newest.clock, *key)
