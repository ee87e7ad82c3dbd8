"""The strip of answers below the head of a record's page: what staff open the page for, at one glance."""

from collections.abc import Mapping, Sequence

from crmmirror.lib.database.combined_queries import JsonRow, fetch_together
from entities.admin.record_head.answer import Answer
from entities.admin.record_head.person_answers import (
    PersonAnswer,
    last_inbound,
    last_payment,
    next_appointment,
    open_deals,
    open_tasks,
    owed,
    related_query,
    won_this_year,
)
from entities.admin.record_head.record_answers import (
    AnswerFunction,
    StripView,
    amount,
    both_zones,
    contact_card,
    conversation,
    expected_close,
    form_answers,
    names_of,
    paid_invoice,
    path,
    shown,
    stage,
    task_due,
)
from entities.models import NameKind, Record
from entities.models.introspection import model_name

# Model -> its answers, in their order.
ANSWERS: dict[str, tuple[AnswerFunction | PersonAnswer, ...]] = {
    "contact": (last_inbound, open_deals, owed, next_appointment, open_tasks),
    "client": (*(owed, open_deals, won_this_year, last_payment, last_inbound, next_appointment, open_tasks),),
    "lead": (
        stage,
        amount("Value", "value"),
        shown("owner_ref"),
        open_deals,
        path("stage_ref", "stage_name"),
    ),
    "deal": (
        *(amount("Value", "value"), stage, expected_close, shown("owner_ref")),
        *(path("stage_ref", "stage_name"), path("status")),
    ),
    "invoice": (
        amount("Total", "total"),
        amount("Paid", "amount_paid"),
        amount("Open", "amount_open"),
        shown("due_date", "Due"),
    ),
    "quotation": (amount("Total", "total"), shown("status"), shown("client"), shown("deal"), path("status")),
    "payment": (amount("Amount", "amount"), shown("method"), shown("paid_at"), paid_invoice),
    "appointment": (
        *(both_zones("Begins", "starts_at"), both_zones("Ends", "ends_at"), contact_card, path("status")),
    ),
    "task": (task_due, shown("assignee_ref"), contact_card, path("status")),
    "message": (conversation, contact_card, shown("channel"), shown("occurred_at", "Time"), path("status")),
    "formsubmission": (form_answers, contact_card, shown("submitted_at", "Submitted")),
    "subaccount": (names_of("Pipelines", NameKind.PIPELINE), names_of("Team", NameKind.PERSON)),
}


def build_strip(view: StripView, record: Record) -> tuple[Answer, ...]:
    """Return the answers of a record's page; without those that the user may not see.

    All that is asked of related records is read by one query.
    """
    if record.is_placeholder:
        return ()
    answers = ANSWERS.get(model_name(type(record)), ())
    queries = {
        answer: query
        for answer in answers
        if isinstance(answer, PersonAnswer)
        and (query := related_query(view.request, record, answer)) is not None
    }
    rows = dict(zip(queries, fetch_together(list(queries.values())), strict=True))
    return tuple(filter(None, (_answer(view, record, answer, rows) for answer in answers)))


def _answer(
    view: StripView,
    record: Record,
    answer: AnswerFunction | PersonAnswer,
    rows: Mapping[PersonAnswer, Sequence[JsonRow]],
) -> Answer | None:
    if not isinstance(answer, PersonAnswer):
        return answer(view, record)
    return answer.say(view.request, record, rows[answer]) if answer in rows else None
