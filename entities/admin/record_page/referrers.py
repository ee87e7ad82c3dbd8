"""The records that refer to a record: a link and a capped count for each column that may refer to it."""

from collections.abc import Iterator
from dataclasses import dataclass

from crmmirror.lib.admin_kit.urls import changelist_url
from crmmirror.lib.database.capped_count import count_each_up_to, format_capped
from entities.access.visibility import Viewer, visible_to
from entities.admin.related_models import get_references_to
from entities.conversation_parties import match_reference
from entities.models import Record

MAX_COUNTED = 1_000


@dataclass(frozen=True)
class Referrer:
    """The records of one model that refer to a record in one column: their count and their list."""

    label: str
    count: str
    url: str


def find_referrers(record: Record, viewer: Viewer) -> Iterator[Referrer]:
    """Yield the groups of records that refer to this one and that the viewer sees; one query.

    Empty groups are left out.

    What belongs to a conversation of this record counts as if it referred to it.
    """
    references = get_references_to(type(record))
    groups = [
        visible_to(viewer, model._default_manager.filter(match_reference(field, record.pk)))
        for model, field in references
    ]
    counts = count_each_up_to(groups, MAX_COUNTED)
    for (model, field), count in zip(references, counts, strict=True):
        if count:
            label = str(model._meta.verbose_name_plural)
            url = changelist_url(model, **{field.name: record.pk, "state": "all"})
            yield Referrer(label, format_capped(count, MAX_COUNTED), url)
