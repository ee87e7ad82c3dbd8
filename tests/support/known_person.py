"""A person of whom is known what two CRMs say about her, for tests that look for it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from entities.models import Appointment, Contact, Invoice, Task
from events.models import Event
from tests.support.api_client import create_record
from tests.support.staff_client import SERIAL_NUMBERS, store_and_apply, store_delivery

PHONE, FORMER_PHONE = "+971 50 765 4321", "+971 4 298 0535"
# The phone as a telephone shows it, and as somebody writes it down.
OTHER_NOTATION = "0507654321"
EMAIL = "hana.nguyen@initech.example"
NEXT = timedelta(minutes=5)
FAILED_DEAL, FAILURE = "Late kitchen", "OperationalError: the disk is full"
SCOPE = "sa_east"
# For longer than anybody else, which puts her first among the debtors of a large company too.
OVERDUE_DAYS = 4_000
# (direction, text), oldest first. The second CRM sends no text with outbound messages.
TALK = (
    ("inbound", "Can you come on Monday?"),
    ("outbound", None),
    ("inbound", "Is the kitchen ready?"),
)


@dataclass(frozen=True)
class KnownPerson:
    """The person's records."""

    contact: Contact
    elsewhere: Contact
    invoice: Invoice
    appointment: Appointment
    task: Task


def tell_known_person() -> KnownPerson:
    """Apply and create the person's records; return them."""
    now = datetime.now(UTC)
    _say_contact("created", now - timedelta(days=90), phone=FORMER_PHONE)
    _say_contact("updated", now - timedelta(days=30), phone=PHONE)
    elsewhere = {"id": "hana", "firstName": "Hana", "lastName": "Nguyen", "phone": PHONE, "email": EMAIL}
    store_and_apply("contact.created", elsewhere)
    for place, (direction, text) in enumerate(TALK):
        at = now - timedelta(hours=40 - place)
        payload = {"messageId": f"m{place}", "conversationId": "k", "contactId": "hana", "bodyText": text}
        _say("message.received" if direction == "inbound" else "message.sent", at, **payload)
    contact = Contact.objects.get(external_id="hana", scope=SCOPE)
    own: dict[str, Any] = {"source": contact.source, "scope": SCOPE, "contact": contact}
    return KnownPerson(
        contact,
        Contact.objects.get(external_id="hana", scope=""),
        create_record(
            Invoice,
            **own,
            number="INV-437007",
            status="sent",
            total=1500,
            amount_open=1300,
            currency="AED",
            due_date=(now - timedelta(days=OVERDUE_DAYS)).date(),
        ),
        create_record(
            Appointment,
            **own,
            title="Kitchen visit",
            status="confirmed",
            starts_at=_soon(now),
        ),
        create_record(Task, **own, title="Call Hana", status="todo", due_at=now - timedelta(days=2)),
    )


def fail_event() -> Event:
    """Store an event that has failed for a reason that is gone."""
    payload = {"id": f"dl_late{next(SERIAL_NUMBERS)}", "title": FAILED_DEAL}
    event = store_delivery({"event": "deal.created", "payload": payload})
    Event.objects.filter(pk=event.pk).update(status=Event.Status.FAILED, error=FAILURE)
    event.refresh_from_db()
    return event


def _soon(now: datetime) -> datetime:
    """Return a time later today."""
    return min(now + timedelta(minutes=30), now.replace(hour=23, minute=59, second=59))


def _say_contact(verb: str, at: datetime, **columns: Any) -> None:
    fields = {"contactId": "hana", "firstName": "Hana", "lastName": "Nguyen", "email": EMAIL}
    _say(f"contact.{verb}", at, **fields, **columns)


def _say(event: str, at: datetime, **payload: Any) -> None:
    store_and_apply(event, {"subAccountId": SCOPE} | payload, at.isoformat(), vendor="seedly")
