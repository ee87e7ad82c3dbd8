"""Which records refer to a record: a link and a capped count for each way in which they do."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.db.models import ForeignKey

from entities.admin.links import list_of
from entities.admin.paging import capped
from entities.models import Record
from entities.schema import records

CAP = 1_000


@dataclass(frozen=True)
class Referrer:
    label: str
    count: str
    url: str


@cache
def ways_to(model: type[Record]) -> tuple[tuple[type[Record], ForeignKey], ...]:
    """Every reference of a mirrored model to this one."""
    return tuple(
        (referring, field)
        for referring in records()
        for field in referring._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.related_model is model
    )


def referrers_of(record: Record) -> Iterator[Referrer]:
    """Those that there are any of."""
    for model, field in ways_to(type(record)):
        rows = model._default_manager.filter(**{field.attname: record.pk})
        if count := rows.order_by()[: CAP + 1].count():
            label = str(model._meta.verbose_name_plural)
            url = list_of(model, **{field.name: record.pk, "state": "all"})
            yield Referrer(label, capped(count, CAP), url)
