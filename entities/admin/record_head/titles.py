"""Builds titles, from what people know of them, for records that have no name of their own.

They take no query: what a record refers to is named if it was read with the record. Lists can use them too.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from crmmirror.lib.admin_kit.cells import format_amount, shorten
from crmmirror.lib.admin_kit.local_times import date_text
from entities.admin.channel_words import channel_text
from entities.currencies import assumed_currency, stated_currency
from entities.models import Record
from entities.models.introspection import model_name
from entities.names import Names


def make_title(record: Record, names: Names) -> str:
    """Return what a record is called on its page and in lists.

    names: those of all its ids. A message that names nobody is called by its `unnamed_parties`
    (see `entities.admin.record_columns.attach_parties`).
    """
    make = TITLES.get(model_name(type(record)))
    return shorten((make(record, names) if make else "") or names.find_own(record))


def _message_title(message: Any, names: Names) -> str:
    """Return such as: in, WhatsApp, Hana Nguyen, 20 Dec 2024."""
    way = {"inbound": "in", "outbound": "out"}.get(message.direction, "")
    contact = _referred(message, "contact")
    parties = [contact] if contact else getattr(message, "unnamed_parties", [])
    party = " and more" if len(parties) > 1 else ""
    who = f"{parties[0]}{party}" if parties else message.from_address or ""
    channel = channel_text(message.channel)
    title = _join(way, channel, who, _day(message.occurred_at or message.first_event_at))
    return title if way or channel or who else ""


def _invoice_title(invoice: Any, names: Names) -> str:
    """Return such as: INV-7 of Hana Nguyen, EUR 9,725.00. Without a number it is an "Invoice"."""
    who = invoice.client_name or _referred(invoice, "client") or _referred(invoice, "contact")
    return _money_title(invoice.number or "Invoice", invoice, who, "total") if who or invoice.total else ""


def _quotation_title(quotation: Any, names: Names) -> str:
    """Return such as: Q-7 of Acme, AED 500.00."""
    who = quotation.client_name or _referred(quotation, "client")
    title = quotation.number or "Quotation"
    return _money_title(title, quotation, who, "total") if who or quotation.total else ""


def _payment_title(payment: Any, names: Names) -> str:
    """Return such as: Payment of Acme, EUR 500.00, 20 Dec 2024."""
    who = _referred(payment, "client")
    if payment.amount is None:
        return ""
    title = _money_title(payment.reference or "Payment", payment, who, "amount")
    return _join(title, _day(payment.paid_at))


def _form_title(submission: Any, names: Names) -> str:
    """Return such as: Contact us, Hana Nguyen, 20 Dec 2024."""
    form = names.find_in_column(submission, "form_ref") or ""
    contact = _referred(submission, "contact")
    who = str(contact) if contact else ""
    return _join(form or "Form", who, _day(submission.submitted_at)) if form or who else ""


# Model -> how its records are called; the others have a name.
TITLES: dict[str, Callable[[Any, Names], str]] = {
    "message": _message_title,
    "invoice": _invoice_title,
    "quotation": _quotation_title,
    "payment": _payment_title,
    "formsubmission": _form_title,
}


def _money_title(title: str, record: Any, who: Any, column: str) -> str:
    value = getattr(record, column)
    currency = stated_currency(record) or assumed_currency(record)
    amount = "" if value is None else f"{currency} {format_amount(value)}".strip()
    return _join(f"{title}{f' of {who}' if who else ''}", amount)


def _referred(record: Record, column: str) -> Record | None:
    """Return the record that a record refers to; None if it refers to none, or that one was not read."""
    is_read = record._meta.get_field(column).is_cached(record)  # type: ignore[union-attr]
    return getattr(record, column) if is_read else None


def _join(*parts: str) -> str:
    return ", ".join(filter(None, parts))


def _day(time: datetime | None) -> str:
    return date_text(time) if time else ""
