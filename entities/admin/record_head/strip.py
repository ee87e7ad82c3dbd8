"""The strip of answers below the head of a record's page: what staff open the page for, at one glance."""

from django.http import HttpRequest

from entities.admin.naming.name_cells import NameCells
from entities.admin.record_head.answer import Answer
from entities.admin.record_head.person_answers import (
    last_inbound,
    last_payment,
    next_appointment,
    open_deals,
    open_tasks,
    owed,
)
from entities.admin.record_head.record_answers import (
    AnswerFunction,
    amount,
    expected_close,
    paid_invoice,
    shown,
    stage,
    task_due,
)
from entities.models import Record
from entities.models.introspection import model_name

# Model -> its answers, in their order. A model without a line has no strip.
ANSWERS: dict[str, tuple[AnswerFunction, ...]] = {
    "contact": (last_inbound, open_deals, owed, next_appointment, open_tasks),
    "client": (owed, open_deals, last_payment, last_inbound, next_appointment, open_tasks),
    "lead": (stage, amount("Value", "value"), shown("owner_ref"), open_deals),
    "deal": (amount("Value", "value"), stage, expected_close, shown("owner_ref")),
    "invoice": (
        amount("Total", "total"),
        amount("Paid", "amount_paid"),
        amount("Open", "amount_open"),
        shown("due_date", "Due"),
    ),
    "quotation": (amount("Total", "total"), shown("client"), shown("deal")),
    "payment": (amount("Amount", "amount"), shown("method"), shown("paid_at"), paid_invoice),
    "appointment": (shown("starts_at", "Begins"), shown("ends_at", "Ends"), shown("contact")),
    "task": (task_due, shown("assignee_ref"), shown("contact")),
    "formsubmission": (shown("contact"), shown("submitted_at", "Submitted")),
}


def build_strip(request: HttpRequest, record: Record, cells: NameCells) -> tuple[Answer, ...]:
    """Return the answers of a record's page; without those that the user may not see."""
    if record.is_placeholder:
        return ()
    answers = (answer(request, record, cells) for answer in ANSWERS.get(model_name(type(record)), ()))
    return tuple(filter(None, answers))
