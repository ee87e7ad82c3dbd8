"""The lag of the feed: events that are stored, and changes that are committed, but not shown in it yet."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from crmmirror.lib.database.capped_count import count_up_to
from entities.access.visibility import Viewer, visible_to
from entities.api.changes.reader_scope import ReaderScope
from entities.models import ChangeNote, TimelineEntry

MAX_PENDING = 10_000
# A note has up to a batch's records. There are more only where nothing numbers, as on a standby.
MAX_NOTES = 20


@dataclass(frozen=True)
class FeedLag:
    """The lag of the feed behind the mirror.

    pending: MAX_PENDING + 1 means more than MAX_PENDING.
    """

    behind_seconds: float
    pending: int


def measure_lag(viewer: Viewer, scope: ReaderScope) -> FeedLag:
    """Return what waits of what the viewer sees: three queries.

    An event that waits is not known to be of a sub-account yet, so it counts only for those who see its whole
    source.
    """
    events = visible_to(viewer, _event_model().objects.filter(status="pending"))
    first_event = events.order_by("id").values_list("received_at", flat=True)[:1]
    noted: list[datetime] = [
        note.noted_at
        for note in ChangeNote.objects.order_by("id")[:MAX_NOTES]
        for record in zip(note.record_types, note.source_ids, note.scopes, strict=True)
        if scope.shows(*record)
    ]
    oldest = min([*first_event, *noted[:1]], default=None)
    seconds = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    pending = min(count_up_to(events, MAX_PENDING) + len(noted), MAX_PENDING + 1)
    return FeedLag(max(0.0, seconds), pending)


def _event_model() -> Any:
    """Return the model of events, which this package cannot import."""
    return TimelineEntry._meta.get_field("event").related_model
