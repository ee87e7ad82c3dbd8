"""Changes as JSON: each with the record as it is now, or as deleted where the reader's list has none."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers

from entities.access.visibility import Viewer, visible_to
from entities.api.changes.reader_scope import ReaderScope
from entities.api.filters.column_filters import INCLUDE_FLAGS
from entities.api.rows.page_rows import JsonRow, select_fields_of, write_page
from entities.api.rows.shown_fields import get_record_fields, hide_references
from entities.models import Change, Record
from entities.models.introspection import entity_name, record_models_by_name, scope_model_name

UPSERT = "upsert"
DELETE = "delete"
RecordRows = dict[tuple[str, int], JsonRow]
"""A record's type and id -> its row as JSON."""


class ChangeSerializer(serializers.Serializer):
    """One change. `record` is the row as in the list of its kind; null for a delete.

    `entity`: the kind of record, such as deal or form-submission. `scope`: the vendor's id of the sub-account
    that the record is of, or empty, also if sub-accounts may not be viewed; of a sub-account, its own.
    """

    op = serializers.ChoiceField(choices=(UPSERT, DELETE))
    entity = serializers.CharField()
    id = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]
    scope = serializers.CharField(allow_blank=True)
    external_id = serializers.CharField()
    record = serializers.DictField(allow_null=True)


class ChangesSerializer(serializers.Serializer):
    """A page of changes. `cursor`: to ask with next, also where `next` is null, which means: no more yet.

    `pending`: how many changes and stored events the feed does not show yet, 10001 for more than 10,000.
    `behind_seconds`: for how long the oldest of them has waited; 0 if there are none.
    """

    next = serializers.URLField(allow_null=True)
    cursor = serializers.CharField()
    behind_seconds = serializers.FloatField()
    pending = serializers.IntegerField()
    results = ChangeSerializer(many=True)


def describe_changes(
    changes: Sequence[Change], viewer: Viewer, scope: ReaderScope, flags: Iterable[str]
) -> list[dict[str, Any]]:
    """Return the changes as `ChangeSerializer` shows them: one query for each kind of record among them.

    flags: of INCLUDE_FLAGS, those that are set. A record that the list of its kind would not show with these
    flags is a delete, so that a copy of the list stays equal to it.
    """
    ids: dict[str, list[int]] = defaultdict(list)
    for change in changes:
        if change.record_type not in scope.hidden_types:
            ids[change.record_type].append(change.record_id)
    rows: RecordRows = {}
    for name, record_ids in ids.items():
        model = record_models_by_name()[name]
        shown = visible_to(viewer, model._default_manager.filter(match_listed(flags), pk__in=record_ids))
        rows |= {(name, row["id"]): row for row in _read_rows(model, shown, viewer)}
    shows_scope = scope_model_name() not in scope.hidden_types
    return [
        _describe_change(change, rows.get((change.record_type, change.record_id)), shows_scope)
        for change in changes
    ]


def _read_rows(model: type[Record], rows: QuerySet[Record], viewer: Viewer) -> list[JsonRow]:
    """Return records as the list of their kind shows them."""
    fields = hide_references(get_record_fields(model), viewer)
    return write_page(list(select_fields_of(rows, fields)), fields, viewer)


def match_listed(flags: Iterable[str]) -> Q:
    """Return the condition for the records that lists show with these flags."""
    return Q(**{column: False for column, flag in INCLUDE_FLAGS.items() if flag not in flags})


def _describe_change(change: Change, record: JsonRow | None, shows_scope: bool) -> dict[str, Any]:
    return {
        "op": DELETE if record is None else UPSERT,
        "entity": entity_name(change.record_type),
        "id": change.record_id,
        "source": change.source.slug,
        "scope": change.scope if shows_scope else "",
        "external_id": change.external_id,
        "record": record,
    }
