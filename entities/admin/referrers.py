"""Which records refer to a record: a link and a capped count for each way in which they do."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.db.models import ForeignKey

from crmmirror.lib.admin_kit.urls import changelist_url
from crmmirror.lib.capped_count import format_capped
from entities.models import Record
from entities.models.introspection import record_models

MAX_COUNTED = 1_000


@dataclass(frozen=True)
class Referrer:
    label: str
    count: str
    url: str


@cache
def references_to(model: type[Record]) -> tuple[tuple[type[Record], ForeignKey], ...]:
    """Every reference of a mirrored model to this one."""
    return tuple(
        (referring, field)
        for referring in record_models()
        for field in referring._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.related_model is model
    )


def find_referrers(record: Record) -> Iterator[Referrer]:
    """Those that there are any of."""
    for model, field in references_to(type(record)):
        rows = model._default_manager.filter(**{field.attname: record.pk})
        if count := rows.order_by()[: MAX_COUNTED + 1].count():
            label = str(model._meta.verbose_name_plural)
            url = changelist_url(model, **{field.name: record.pk, "state": "all"})
            yield Referrer(label, format_capped(count, MAX_COUNTED), url)
