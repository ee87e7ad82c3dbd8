"""Erases persons in tests, and reads what an erasure must leave as it was."""

import json
from collections.abc import Iterable

from entities.audit import identify_command
from entities.models import Record
from entities.models.introspection import record_models
from entities.shadow.digest import canonical_lines
from entities.writing.source_statement import SourceKey
from events.models import Source
from events.privacy.erase import ErasureReport, erase_subject
from events.privacy.extension import settle_arrived_events
from events.privacy.subject_search import SubjectQuery

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
