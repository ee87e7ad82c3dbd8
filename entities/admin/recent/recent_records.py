"""Notes which records a user opens, and reads the newest of them, as far as he sees them now."""

from collections import defaultdict
from functools import reduce
from operator import or_
from typing import Any

from django.db import DatabaseError
from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import JSONObject, Left
from django.http import HttpRequest
from django.utils import timezone

from crmmirror.lib.database.replica_reads import on_primary
from crmmirror.lib.database.transient_errors import is_read_only
from entities.access.visibility import visible_to
from entities.models import Record, ViewedRecord
from entities.models.introspection import record_models_by_name

MAX_SHOWN = 10
# More than are shown, because the user may not see some of them any more.
MAX_KEPT = 20
# Characters of a text column that are read for a record's name.
MAX_NAME_CHARACTERS = 200
KEY = ("source_id", "scope", "external_id")


def note_view(request: HttpRequest, record: Record) -> None:
    """Note that the user has opened a record's page now, and forget all but his newest MAX_KEPT views.

    Notes nothing while the database takes no changes: the page is read all the same.
    """
    user: Any = request.user
    if request.method != "GET":
        return
    key = {column: getattr(record, column) for column in KEY}
    view = ViewedRecord(user=user, record_type=str(record._meta.model_name), **key, viewed_at=timezone.now())
    own = ViewedRecord.objects.filter(user=user).order_by("-viewed_at", "-pk")
    try:
        with on_primary():
            ViewedRecord.objects.bulk_create(
                [view],
                update_conflicts=True,
                unique_fields=["user", "record_type", "source", "scope", "external_id"],
                update_fields=["viewed_at"],
            )
            ViewedRecord.objects.filter(pk__in=own.values("pk")[MAX_KEPT:]).delete()
    except DatabaseError as error:
        if not is_read_only(error):
            raise


def read_recent(user: Any) -> list[Record]:
    """Return the newest MAX_SHOWN records that a user opened and sees now, the newest first, in two queries.

    The records have the texts that name them, shortened, and their state; they cannot be saved.
    """
    views = ViewedRecord.objects.filter(user=user).order_by("-viewed_at", "-pk")[:MAX_KEPT]
    keys: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    order: dict[tuple[Any, ...], int] = {}
    for position, view in enumerate(views):
        key = tuple(getattr(view, column) for column in KEY)
        order[view.record_type, *key] = position
        keys[view.record_type].append(key)
    models = record_models_by_name()
    queries = [
        _select_names(visible_to(user, models[name]._default_manager.order_by()), name, keys[name])
        for name in keys
        if name in models and user.has_perm(f"entities.view_{name}")
    ]
    if not queries:
        return []
    first, *others = queries
    rows = first.union(*others, all=True) if others else first
    records = {(name, *_key(values)): models[name](**(values | {"id": pk})) for name, pk, values in rows}
    newest_first = sorted(records, key=order.__getitem__)
    return [records[key] for key in newest_first[:MAX_SHOWN]]


def _select_names(rows: QuerySet, name: str, keys: list[tuple[Any, ...]]) -> QuerySet:
    """Return a query of the model's name, the id, and the columns that name a record, of those with a key."""
    texts = [
        field.name
        for field in rows.model._meta.concrete_fields
        if isinstance(field, TextField) and field.name not in KEY
    ]
    columns: dict[str, Any] = {column: column for column in (*KEY, "is_deleted", "is_placeholder")}
    columns |= {column: Left(column, MAX_NAME_CHARACTERS) for column in texts}
    has_key = reduce(or_, (Q(**dict(zip(KEY, key, strict=True))) for key in keys))
    return rows.filter(has_key).values_list(Value(name, TextField()), "pk", JSONObject(**columns))


def _key(values: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(values[column] for column in KEY)
