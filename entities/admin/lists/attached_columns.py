"""The columns of a list that are read of other records, by one or two queries for a whole page of rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.local_times import time_cell, zoned_heading
from entities.access.visibility import Viewer, visible_to
from entities.admin.record_columns import describe_currencies
from entities.currencies import Total, total_by
from entities.models import Conversation, Deal, Invoice, Record
from entities.models.introspection import model_name

Cells = Mapping[int, SafeString]
"""A record's id -> its cell; records without one are left out."""


@dataclass(frozen=True, eq=False)
class AttachedColumn:
    """A column that is read for many records at once.

    read: the viewer and the records -> their cells. kind: a class of the stylesheet.
    """

    name: str
    heading: str
    read: Callable[[Viewer, Sequence[Record]], Cells]
    kind: str = ""


def attach(viewer: Viewer, columns: Iterable[AttachedColumn], records: Sequence[Any]) -> None:
    """Give each record the cells of these columns, as the attribute `attached`."""
    cells = {column.name: column.read(viewer, records) for column in columns} if records else {}
    for record in records:
        record.attached = cells


def attached_columns(model: type[Record]) -> tuple[AttachedColumn, ...]:
    """Return the columns of a model's list."""
    return ATTACHED_COLUMNS.get(model_name(model), ())


def _last_message(viewer: Viewer, records: Sequence[Record]) -> Cells:
    """Return when the newest message of a contact's conversations was."""
    ids = [record.pk for record in records]
    conversations = visible_to(viewer, Conversation.objects.filter(contact_ids__overlap=ids))
    rows = conversations.exclude(last_message_at=None).order_by("last_message_at")
    # In ascending order, so that of several conversations of a contact the newest one is the last.
    newest = {id: at for ids, at in rows.values_list("contact_ids", "last_message_at") for id in ids if at}
    return {id: time_cell(at, relative=True) for id, at in newest.items()}


def _open_deals(viewer: Viewer, records: Sequence[Record]) -> Cells:
    """Return how many deals of a client are open, with their sums."""
    rows = visible_to(viewer, Deal.objects.filter(status="open", is_deleted=False, is_placeholder=False))
    totals = _totals_by_client(rows, "value", records)
    return {
        id: format_html('{}: <span class="quiet">{}</span>', total.count, describe_currencies(total.sums))
        for id, total in totals.items()
    }


def _owed(viewer: Viewer, records: Sequence[Record]) -> Cells:
    """Return what a client has to pay, by currency."""
    rows = Invoice.objects.filter(Invoice.overdue.is_owed(), is_deleted=False)
    totals = _totals_by_client(visible_to(viewer, rows), "amount_open", records)
    return {id: format_html("{}", describe_currencies(total.sums)) for id, total in totals.items()}


def _totals_by_client(rows: Any, column: str, records: Sequence[Record]) -> dict[int, Total]:
    own = rows.filter(client__in=[record.pk for record in records])
    return {key[0]: total for key, total in total_by(own, column, {"client_key": F("client_id")}).items()}


ATTACHED_COLUMNS: Mapping[str, tuple[AttachedColumn, ...]] = {
    "contact": (AttachedColumn("last_message", zoned_heading("last message"), _last_message, "when"),),
    "client": (
        AttachedColumn("open_deals", "open deals", _open_deals),
        AttachedColumn("owed", "owed", _owed),
    ),
}
