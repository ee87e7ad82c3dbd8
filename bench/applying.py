"""Applied events a second of one worker, against the plain way of writing such a receiver."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bench import backlog
from bench.report import Result

EVENTS = 3000


def measure(rounds: int) -> Result:
    from events.processing.drain import drain_backlog

    ways: dict[str, Callable[[], Any]] = {"the mirror, one worker": drain_backlog, "the plain way": plain}
    figures: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            backlog.empty()
            backlog.fill(EVENTS)
            backlog.analyze()
            started = time.perf_counter()
            way()
            figures[name].append(EVENTS / (time.perf_counter() - started))
    return Result(
        "Applied events",
        f"{EVENTS} generated events of both vendors, applied to an empty mirror by one process; against one"
        " transaction, one `get_or_create` and one `save` of the event's own record for each event, and its"
        " status saved: no clocks, no history, no copies of embedded records, and references only where"
        " `get_or_create` finds or makes them. Same database, same events, same mapping of values.",
        "a second",
        figures,
        mark=10,
    )


def plain() -> None:
    """The plain way: what arrives last wins, and nothing remembers what it overwrote."""
    from django.db import transaction

    from events.models import Event

    for event in Event.objects.filter(status="pending").select_related("source").order_by("id").iterator():
        with transaction.atomic():
            _apply(event)
            event.status = "applied"
            event.settled_at = datetime.now(UTC)
            event.save(update_fields=["status", "settled_at"])


def _apply(event: Any) -> None:
    from entities.merge.registers import EXISTS, Invalid
    from entities.models.introspection import mirrored_fields, record_models_by_name
    from entities.reading.mapper import map_event
    from entities.stored_events import StoredEvent

    stored = StoredEvent(
        event.pk,
        event.source_id,
        event.source.vendor,
        event.digest.hex(),
        bytes(event.body),
        event.received_at,
    )
    own = next((said for said in map_event(stored).statements if EXISTS in said.writes), None)
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
                other: Any = fields[name].related_model
                value, _ = other._base_manager.get_or_create(
                    source=event.source, scope=own.key.scope, external_id=value
                )
            setattr(record, name, value)
    record.is_placeholder = False
    record.is_deleted = not own.writes[EXISTS]
    record.save()
