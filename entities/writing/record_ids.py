"""Finds the rows of records by their keys, and inserts those that are missing."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from crmmirror.lib.database.cursors import fetch_rows
from crmmirror.lib.json_text import dump_json
from entities.models import Record
from entities.models.introspection import model_name, record_models, record_models_by_name, scope_model_name
from entities.reading.mapped_event import RecordKey
from entities.writing.record_tables import record_table
from entities.writing.source_statement import Ids, SourceKey, SourceStatement


def named_keys(statements: Iterable[SourceStatement]) -> set[SourceKey]:
    """Return the key of every record that is named: described, referred to, or scoping another."""
    keys: set[SourceKey] = set()
    for statement in statements:
        keys.add(statement.key)
        keys |= _referred_keys(statement)
        source_id, key = statement.key
        if key.scope:
            keys.add((source_id, _scope_key(key)))
    return keys


def _referred_keys(statement: SourceStatement) -> set[SourceKey]:
    """Return the keys of the records that its values refer to.

    An event has a statement of its own about each of them. The baseline may have kept that of another batch.
    """
    source_id, key = statement.key
    references = record_table(record_models_by_name()[key.model]).references
    return {
        (source_id, RecordKey(target, key.scope, value))
        for name, target in references.items()
        if isinstance(value := statement.writes.get(name), str)
    }


def _scope_key(key: RecordKey) -> RecordKey:
    return RecordKey(scope_model_name(), "", key.scope)


def find_or_insert(keys: set[SourceKey]) -> tuple[Ids, set[SourceKey]]:
    """Return the ids of all these records, and the keys of those that this call inserted, as placeholders.

    A record that another worker inserts meanwhile is not among the latter: it may have been described since.
    """
    ids: Ids = {}
    inserted: set[SourceKey] = set()
    by_model: dict[str, list[SourceKey]] = defaultdict(list)
    for key in keys:
        by_model[key[1].model].append(key)
    for model in record_models():
        wanted = sorted(by_model[model_name(model)])
        if not wanted:
            continue
        table = record_table(model)
        ids |= _fetch_ids(table.find, model, wanted, ids)
        if missing := [key for key in wanted if key not in ids]:
            new = _fetch_ids(table.insert, model, missing, ids)
            inserted |= new.keys()
            ids |= new
        if held := [key for key in missing if key not in ids]:
            ids |= _fetch_ids(table.find, model, held, ids)
    return ids, inserted


def _fetch_ids(statement: str, model: type[Record], keys: Sequence[SourceKey], ids: Ids) -> Ids:
    name = model_name(model)
    rows = fetch_rows(statement, _key_rows(keys, ids))
    return {(source, RecordKey(name, scope, external_id)): id for id, source, scope, external_id in rows}


def _key_rows(keys: Iterable[SourceKey], ids: Ids) -> str:
    return dump_json(
        [
            {
                "source_id": source,
                "scope": key.scope,
                "external_id": key.external_id,
                "sub_account_id": ids.get((source, _scope_key(key))) if key.scope else None,
            }
            for source, key in keys
        ]
    )
