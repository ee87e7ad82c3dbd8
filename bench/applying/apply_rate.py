"""Measures how many events one worker applies per second, compared with a simple way of applying them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bench import backlog
from bench.report import Result

EVENTS = 3000


def measure(rounds: int) -> list[Result]:
    """Measure both ways of applying events in each round, with each kind of event."""
    return [
        _measure_kind("Applied events, hostile", backlog.store_pending_events, 10, rounds),
        _measure_kind("Applied events, an invented company's", backlog.store_company_events, 25, rounds),
    ]


def _measure_kind(title: str, store: Callable[[int], None], target: float, rounds: int) -> Result:
    from events.processing.drain import drain_backlog

    appliers: dict[str, Callable[[], Any]] = {
        "the mirror, one worker": drain_backlog,
        "the simple way": apply_events_simply,
    }
    figures: dict[str, list[float]] = {name: [] for name in appliers}
    for _ in range(rounds):
        for name, apply_events in appliers.items():
            figures[name].append(measure_rate(apply_events, store))
    return Result(
        title,
        f"{EVENTS} generated events of all vendors, applied to an empty mirror by one process. Compared with"
        " the simple way: for each event one transaction, one `get_or_create` and one `save` of the event's"
        " own record, and one `save` of the event's status. The simple way keeps no clocks, no history and no"
        " copies of embedded records, and sets references only where `get_or_create` finds or makes them."
        " Same database, same events, same mapping of values.",
        "per second",
        figures,
        target=target,
    )


def measure_rate(
    apply_events: Callable[[], Any],
    store: Callable[[int], None] = backlog.store_pending_events,
    count: int = EVENTS,
) -> float:
    """Return how many events per second a function applies, starting with an empty mirror.

    store: stores so many pending events. count: how many.
    """
    backlog.empty_tables()
    store(count)
    backlog.vacuum_analyze()
    started_at = time.perf_counter()
    apply_events()
    return count / (time.perf_counter() - started_at)


def apply_events_simply() -> None:
    """Apply the pending events in the simple way: the last one to arrive wins, and no history is kept."""
    from django.db import transaction

    from events.models import Event

    for event in Event.objects.filter(status="pending").select_related("source").order_by("id").iterator():
        with transaction.atomic():
            _save_record(event)
            event.status = "applied"
            event.settled_at = datetime.now(UTC)
            event.save(update_fields=["status", "settled_at"])


def _save_record(event: Any) -> None:
    """Save the event's own record, which is the one whose existence the event states."""
    from entities.merge.registers import EXISTS, Invalid
    from entities.models.introspection import mirrored_fields, record_models_by_name
    from entities.reading.mapper import map_event

    statements = map_event(_make_stored_event(event)).statements
    own = next((statement for statement in statements if EXISTS in statement.writes), None)
    if own is None:
        return
    model = record_models_by_name()[own.key.model]
    fields = mirrored_fields(model)
    record, _ = model._base_manager.get_or_create(
        source=event.source, scope=own.key.scope, external_id=own.key.external_id
    )
    for name, value in own.writes.items():
        if name in fields and not isinstance(value, Invalid):
            if fields[name].is_relation and value is not None:
                related_model: Any = fields[name].related_model
                value, _ = related_model._base_manager.get_or_create(
                    source=event.source, scope=own.key.scope, external_id=value
                )
            setattr(record, name, value)
    record.is_placeholder = False
    record.is_deleted = not own.writes[EXISTS]
    record.save()


def _make_stored_event(event: Any) -> Any:
    """Return the event in the form that the mapper reads."""
    from entities.stored_events import StoredEvent

    return StoredEvent(
        event.pk,
        event.source_id,
        event.source.vendor,
        event.digest.hex(),
        bytes(event.body),
        event.received_at,
        event.source.time_zone,
    )
