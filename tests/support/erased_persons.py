"""Erases persons in tests, and reads what an erasure must leave as it was."""

import json
from collections.abc import Callable, Iterable

from django.db import transaction

from entities.audit import identify_command
from entities.models import Client, Record
from entities.models.introspection import record_models
from entities.shadow.digest import canonical_lines
from entities.stored_events import StoredEvent
from entities.writing.source_statement import SourceKey
from events.models import Source
from events.privacy.erase import ErasureReport, erase_subject
from events.privacy.extension import settle_arrived_events
from events.privacy.subject_search import SubjectQuery
from events.processing.drain import drain_backlog
from tests.support import table_contents
from tests.support.event_builders import Records
from tests.support.pruning import list_rebuilt_differences

ACTOR = identify_command("subject")


def erase(**query: object) -> ErasureReport:
    """Erase the person that is known by this: see `SubjectQuery`."""
    report = erase_subject(SubjectQuery(**query), ACTOR)  # type: ignore[arg-type]
    settle_arrived_events()
    return report


def erase_record(record: Record) -> ErasureReport:
    """Erase the person of a record."""
    return erase(
        ids=(record.external_id,),
        source=record.source,
        scope=record.scope,
        record_type=record._meta.model_name,
    )


def records_after_erasure(
    *events: Callable[[], StoredEvent], late: Iterable[Callable[[], StoredEvent]] = ()
) -> Records:
    """Store and apply events, erase the client c, and then store and apply others; return the records.

    Fails if a rebuild does not make the same. Rolls back.
    """
    with transaction.atomic():
        for store in events:
            store()
        drain_backlog()
        erase_record(Client.objects.get(external_id="c"))
        for store in late:
            store()
            settle_arrived_events()
        records = {key[1:]: cells for key, cells in table_contents.read_records().items()}
        differing, differences = list_rebuilt_differences()
        transaction.set_rollback(True)
    assert not differing, differences
    return records


def list_persons() -> list[Record]:
    """Return every record that can be erased."""
    return [
        record
        for model in record_models()
        if model.person_columns
        for record in model._default_manager.select_related("source").order_by("pk")
    ]


def read_records(without: Iterable[SourceKey] = ()) -> dict[tuple[str, str, str, str], str]:
    """Return the record's key -> its cells, for all records but these."""
    slugs = dict(Source.objects.values_list("pk", "slug"))
    left_out = {(key.model, slugs[source], key.scope, key.external_id) for source, key in without}
    names = {str(model._meta.model_name) for model in record_models()}
    rows = {}
    for line in canonical_lines():
        model, slug, cells = json.loads(line)
        if model in names:
            key = (model, slug, cells["scope"], cells["external_id"])
            if key not in left_out:
                rows[key] = line
    return rows
