"""The shadow finds its rows by their keys, though nothing is known of its tables yet."""

import pytest
from django.db import transaction

from crmmirror.lib.database.cursors import fetch_rows
from crmmirror.lib.json_text import dump_json
from entities.models import Record
from entities.models.introspection import record_models
from entities.writing.record_tables import record_table
from events.rebuild.folding import fold_batches, shadow_tables
from events.rebuild.log_reader import read_log
from tests.support.rebuild_helpers import deliver_generated_events

pytestmark = pytest.mark.django_db(transaction=True)
KEYS = dump_json([{"source_id": 1, "scope": "", "external_id": "1"}])


def read_index_condition(model: type[Record]) -> str:
    """Return the condition of the index by which a batch finds the records of its keys."""
    plan = "\n".join(line for (line,) in fetch_rows(f"EXPLAIN {record_table(model).find}", KEYS))
    return plan.partition("Index Cond:")[2].partition("\n")[0]


def test_a_record_of_the_shadow_is_found_by_its_whole_key() -> None:
    deliver_generated_events(200)
    with transaction.atomic(), shadow_tables():
        fold_batches(read_log(), lambda count: None)
        conditions = {model: read_index_condition(model) for model in record_models()}
    # By an index that only begins with source and scope, each key would cost as much as all of their records.
    assert [model for model, used in conditions.items() if "external_id = key.external_id" not in used] == []
