"""Builds titles, from what people know of them, for records that have no name of their own."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from crmmirror.lib.admin_kit.cells import format_amount, shorten
from crmmirror.lib.admin_kit.local_times import date_text
from entities.conversation_parties import find_unnamed_parties
from entities.currencies import assumed_currency
from entities.models import Record
from entities.models.introspection import model_name
from entities.names import Names


def make_title(record: Record, names: Names) -> str:
    """Return what a record is called on its page. names: those of all its ids."""
    make = TITLES.get(model_name(type(record)))
    return shorten((make(record, names) if make else "") or names.find_own(record))


def _message_title(message: Any, names: Names) -> str:
    """Return such as: in, WhatsApp, Hana Nguyen, 20 Dec 2024."""
    way = {"inbound": "in", "outbound": "out"}.get(message.direction, "")
    parties = [message.contact] if message.contact else find_unnamed_parties([message]).get(message.pk, [])
    party = " and more" if len(parties) > 1 else ""
    who = f"{parties[0]}{party}" if parties else message.from_address or ""
    channel = (message.channel or "").replace("_", " ")
    title = _join(way, channel, who, _day(message.occurred_at or message.first_event_at))
    return title if way or channel or who else ""


def _invoice_title(invoice: Any, names: Names) -> str:
    """Return such as: INV-7 of Hana Nguyen, EUR 9,725.00. Without a number it is an "Invoice"."""
    who = invoice.client_name or invoice.client or invoice.contact
    amount = ""
    if invoice.total is not None:
        currency = invoice.currency or assumed_currency(invoice)
        amount = f"{currency} {format_amount(invoice.total)}".strip()
    if not who and not amount:
        return ""
    return _join(f"{invoice.number or 'Invoice'}{f' of {who}' if who else ''}", amount)


def _form_title(submission: Any, names: Names) -> str:
    """Return such as: Contact us, Hana Nguyen, 20 Dec 2024."""
    form = names.find_in_column(submission, "form_ref") or ""
    who = str(submission.contact) if submission.contact else ""
    return _join(form or "Form", who, _day(submission.submitted_at)) if form or who else ""


# Model -> how its records are called; the others have a name.
TITLES: dict[str, Callable[[Any, Names], str]] = {
    "message": _message_title,
    "invoice": _invoice_title,
    "formsubmission": _form_title,
}


def _join(*parts: str) -> str:
    return ", ".join(filter(None, parts))


def _day(time: datetime | None) -> str:
    return date_text(time) if time else ""
