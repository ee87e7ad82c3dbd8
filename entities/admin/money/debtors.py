"""Debtors: the clients that have overdue invoices, with what they owe and for how long."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Case, Count, F, Min, Q, QuerySet, When
from django.db.models.functions import Left

from entities.access.visibility import Viewer, visible_to
from entities.currencies import Total, total_by
from entities.models import Client, Contact, Invoice, Record

NO_CLIENT = Q(client__isnull=True)
NOBODY = NO_CLIENT & Q(contact__isnull=True)
# An invoice is its client's, else its contact's, else that of the name which stands on it.
KEYS: Mapping[str, Any] = {
    "source_key": F("source_id"),
    "scope_key": F("scope"),
    "client_key": F("client_id"),
    "contact_key": Case(When(NO_CLIENT, then=F("contact_id"))),
    "name_key": Case(When(NOBODY, then=Left("client_name", 255))),
}


class DebtorKey(NamedTuple):
    """The invoices of one debtor. Of the last three at most one is not None: who it is."""

    source_id: int
    scope: str
    client_id: int | None
    contact_id: int | None
    name: str | None


@dataclass(frozen=True)
class Debtor:
    """A debtor. party: None if no record is known. oldest: the first day on which something was due."""

    key: DebtorKey
    party: Record | None
    oldest: date
    total: Total


def group_debtors(rows: QuerySet[Invoice]) -> QuerySet[Any]:
    """Return a row for each debtor, who owes for the longest time first: the values of KEYS, and the day.

    rows: the overdue invoices.
    """
    groups = rows.order_by().values(**KEYS).annotate(oldest=Min("due_date"), count=Count("pk"))
    return groups.order_by("oldest", *KEYS).values_list(*KEYS, "oldest")


def read_debtors(viewer: Viewer, rows: QuerySet[Invoice], groups: Iterable[tuple[Any, ...]]) -> list[Debtor]:
    """Return the debtors of some of those groups in three queries. rows: all overdue invoices."""
    oldest = {DebtorKey(*key): day for *key, day in groups}
    of_these = rows.filter(
        Q(client__in={key.client_id for key in oldest if key.client_id})
        | NO_CLIENT & Q(contact__in={key.contact_id for key in oldest if key.contact_id})
        | NOBODY & Q(source__in={key.source_id for key in oldest if not (key.client_id or key.contact_id)})
    )
    totals = {DebtorKey(*key): total for key, total in total_by(of_these, "amount_open", KEYS).items()}
    clients = _read_parties(viewer, Client, {key.client_id for key in oldest})
    contacts = _read_parties(viewer, Contact, {key.contact_id for key in oldest})
    return [
        Debtor(key, clients.get(key.client_id) or contacts.get(key.contact_id), day, totals[key])
        for key, day in oldest.items()
    ]


def _read_parties(viewer: Viewer, model: type[Record], ids: set[int | None]) -> dict[int | None, Record]:
    """Return id -> record, for the ids that are not None; no query if there are none."""
    known = ids - {None}
    rows = model._default_manager.filter(pk__in=known).defer("registers", "extra")
    return {row.pk: row for row in visible_to(viewer, rows)} if known else {}
