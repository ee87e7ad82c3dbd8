"""Bounds what is read of an event's writes for a page."""

from django.db.models import Case, F, JSONField, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Length

from crmmirror.lib.admin_kit.cells import MAX_TEXT_CHARACTERS
from entities.models import TimelineEntry


def annotate_bounded_values(entries: QuerySet[TimelineEntry]) -> QuerySet[TimelineEntry]:
    """Read `bounded_values` instead of `wrote`: the same, but None if it is too large for a page."""
    size = Length(Cast("wrote", TextField()))
    bounded_values = Case(
        When(size__lte=MAX_TEXT_CHARACTERS, then=F("wrote")), default=Value(None), output_field=JSONField()
    )
    return entries.defer("wrote").annotate(size=size, bounded_values=bounded_values)
