"""A person with many related records, each with an event of its own, written at once."""

import hashlib
from datetime import timedelta
from typing import Any

from entities.merge.clock import Rank, format_clock
from entities.models import (
    Appointment,
    Contact,
    Conversation,
    Deal,
    Invoice,
    Message,
    Record,
    Task,
    TimelineEntry,
)
from events.models import Event
from tests.support.api_client import NOW, create_record, ensure_source

SCOPE = "sa"
# Model -> its share of the related records, and what each of them says.
PARTS: tuple[tuple[type[Record], int, dict[str, Any]], ...] = (
    (Message, 5, {"direction": "inbound", "channel": "sms", "body": "Hello", "conversation_ref": "k"}),
    (Deal, 2, {"title": "Licence", "status": "open", "value": "5.0000", "stage_name": "Offer"}),
    (Task, 1, {"title": "Call", "status": "todo"}),
    (Appointment, 1, {"title": "Visit", "status": "confirmed"}),
    (Invoice, 1, {"number": "INV", "total": "9.0000", "amount_open": "9.0000", "currency": "EUR"}),
)


def create_person_with(count: int) -> Contact:
    """Create a contact, a possible duplicate of it, and so many records that refer to it."""
    source = ensure_source("acme-seedly", vendor="seedly")
    cells = {"source": source, "scope": SCOPE, "phone": "+971507654321", "first_name": "Ann"}
    person = create_record(Contact, **cells, lifecycle_stage="lead")
    create_record(Contact, **cells)
    Conversation.objects.create(
        source=source, scope=SCOPE, ref="k", contact_ids=[person.pk], message_count=count // 2
    )
    shares = sum(share for _, share, _ in PARTS)
    for model, share, said in PARTS:
        _create_related(person, model, said, count * share // shares)
    _add_events([person], {"first_name": "Ann", "phone": "+971507654321", "lifecycle_stage": "lead"})
    return person


def _create_related(person: Contact, model: type[Record], said: dict[str, Any], count: int) -> None:
    rows = [
        model(
            source=person.source,
            scope=person.scope,
            external_id=f"{model._meta.model_name}{number}",
            is_placeholder=False,
            last_event_at=NOW - timedelta(hours=number),
            **(said | {"contact": person}),
        )
        for number in range(count)
    ]
    _add_events(model._default_manager.bulk_create(rows), said | {"contact": person.external_id})


def _add_events(rows: list[Any], said: dict[str, Any]) -> None:
    """Store two events of each row, the second of which changes nothing."""
    events, keys = [], []
    for row in rows:
        for minute in range(2):
            at = (row.last_event_at or NOW) + timedelta(minutes=minute)
            body = f"{row._meta.model_name!s} {row.pk} {minute}".encode()
            digest = hashlib.sha256(body).digest()
            events.append(
                Event(
                    source=row.source,
                    scope=row.scope,
                    digest=digest,
                    body=body,
                    event_type=f"{row._meta.model_name!s}.updated",
                    occurred_at=at,
                    received_at=at,
                )
            )
            keys.append((row, format_clock(at, Rank.OTHER, digest.hex())))
    stored = Event.objects.bulk_create(events)
    TimelineEntry.objects.bulk_create(
        TimelineEntry(
            record_type=str(row._meta.model_name),
            record_id=row.pk,
            event=event,
            clock=clock,
            wrote={"exists": True} | said,
        )
        for (row, clock), event in zip(keys, stored, strict=True)
    )
