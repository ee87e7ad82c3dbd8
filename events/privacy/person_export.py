"""Exports what the mirror holds of a person, as JSON lines.

One line for each thing, with its `kind`: first what was found, then the person's own records with every value
that they had, then the records that refer to him, then the events. A body that describes a record of another
person too is not given out: of such an event the line has what it says of the person and of what refers to
him. Raw bodies are in base64.
"""

import base64
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, TypeVar

from django.core.serializers.json import DjangoJSONEncoder

from crmmirror.lib.database.snapshots import read_snapshot
from entities.erasure.redaction import Saying, is_person, reference_models
from entities.merge.registers import timeline_values
from entities.models import Record, TimelineEntry
from entities.models.introspection import entity_name, record_models_by_name
from entities.writing.source_statement import SourceKey
from events.models import Event, Source
from events.privacy.named_events import NamedEvent, read_named_events
from events.privacy.plan import ErasurePlan, find_rows, plan_for
from events.privacy.subject_search import SubjectQuery, find_subject

T = TypeVar("T")
HIDDEN_COLUMNS = frozenset({"id", "registers"})
ROWS_PER_FETCH = 500
WITHHELD = "left out: it describes records of other persons too"


def export_person(query: SubjectQuery) -> Iterator[str]:
    """Yield the lines, all from one snapshot. Raises NobodyFound with the first."""
    with read_snapshot():
        subject = find_subject(query)
        plan = plan_for(subject)
        slugs = dict(Source.objects.values_list("pk", "slug"))
        yield _dump(
            {
                "kind": "person",
                "records": len(plan.erased),
                "addresses": sorted(one.text for one in subject.addresses),
            }
        )
        for kind, keys in (("record", plan.erased), ("referring-record", plan.referring)):
            for key, row, history in _read_records(keys):
                yield _dump({"kind": kind, **_describe_record(key, row, history, plan, slugs)})
        for named, event in _read_events(plan):
            yield _dump({"kind": "event", **_describe_event(named, event, plan, slugs)})


def _read_records(keys: Iterable[SourceKey]) -> Iterator[tuple[SourceKey, Record, list[TimelineEntry]]]:
    """Yield these records with their timelines, the oldest clock first; ROWS_PER_FETCH records at a time."""
    found = sorted(find_rows(keys).items())
    for (_, name), of_model in groupby(found, key=lambda item: (item[0][0], item[0][1].model)):
        ids = dict(of_model)
        for some in _in_parts(list(ids)):
            rows = record_models_by_name()[name]._default_manager.in_bulk([ids[key] for key in some])
            histories: dict[int, list[TimelineEntry]] = defaultdict(list)
            for entry in TimelineEntry.objects.filter(record_type=name, record_id__in=rows).order_by("clock"):
                histories[entry.record_id].append(entry)
            yield from ((key, rows[ids[key]], histories[ids[key]]) for key in some)


def _describe_record(
    key: SourceKey, row: Record, history: list[TimelineEntry], plan: ErasurePlan, slugs: dict[int, str]
) -> dict[str, Any]:
    """Return a record with its columns, and what each event wrote to it."""
    shown = _shown_columns(key, plan)
    return _describe_key(key, slugs) | {
        "values": _show(_read_values(row), shown),
        "history": [
            {"event": one.event_id, "clock": one.clock, "wrote": _show(one.wrote, shown)} for one in history
        ],
    }


def _shown_columns(key: SourceKey, plan: ErasurePlan) -> frozenset[str] | None:
    """Return the columns that concern the person; None for all.

    Of another person who refers to him: what that record says of him, and the references.
    """
    model = record_models_by_name()[key[1].model]
    if key in plan.erased or not is_person(model):
        return None
    return frozenset({*model.about_referred, *reference_models(model)})


def _show(values: Mapping[str, Any], shown: frozenset[str] | None) -> dict[str, Any]:
    return {name: value for name, value in values.items() if shown is None or name in shown}


def _read_values(row: Record) -> dict[str, Any]:
    return {
        field.name: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if field.name not in HIDDEN_COLUMNS
    }


def _describe_key(key: SourceKey, slugs: dict[int, str]) -> dict[str, Any]:
    source_id, record = key
    return {
        "type": entity_name(record.model),
        "source": slugs[source_id],
        "sub_account": record.scope,
        "external_id": record.external_id,
    }


def _read_events(plan: ErasurePlan) -> Iterator[tuple[NamedEvent, Event]]:
    ids = sorted(plan.emptied | {change.event.id for change in plan.changes})
    for some in _in_parts(ids):
        rows = Event.objects.defer("body").in_bulk(some)
        yield from ((named, rows[named.id]) for named in read_named_events(set(some)))


def _in_parts(values: list[T]) -> Iterator[list[T]]:
    """Yield the values in their order, ROWS_PER_FETCH at a time."""
    for start in range(0, len(values), ROWS_PER_FETCH):
        yield values[start : start + ROWS_PER_FETCH]


def _describe_event(
    named: NamedEvent, event: Event, plan: ErasurePlan, slugs: dict[int, str]
) -> dict[str, Any]:
    his = [one for one in named.said if one.key in plan.erased | plan.referring]
    is_shared = any(_describes_another(one, plan) for one in named.said)
    body = None if named.body is None or is_shared else base64.b64encode(named.body).decode()
    return {
        "id": event.pk,
        "source": slugs[event.source_id],
        "type": event.event_type,
        "occurred_at": event.occurred_at,
        "received_at": event.received_at,
        "status": event.status,
        "body_base64": body,
        "body_note": WITHHELD if is_shared else "",
        "said": [
            _describe_key(one.key, slugs)
            | {"clock": one.clock, "wrote": _show(timeline_values(one.writes), _shown_columns(one.key, plan))}
            for one in his
        ],
    }


def _describes_another(saying: Saying, plan: ErasurePlan) -> bool:
    model = record_models_by_name()[saying.key[1].model]
    return is_person(model) and bool(saying.writes) and saying.key not in plan.erased


def _dump(line: dict[str, Any]) -> str:
    return json.dumps(line, cls=DjangoJSONEncoder, ensure_ascii=False)
