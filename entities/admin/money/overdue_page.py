"""The overdue invoices by client: who owes how much, and since when."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from crmmirror.lib.admin_kit.capped_paginator import CappedPaginator
from crmmirror.lib.admin_kit.cells import line_cell, shorten
from crmmirror.lib.admin_kit.request_check import refuse_unknown_parameters
from crmmirror.lib.admin_kit.urls import changelist_url
from entities.access.visibility import viewer_of, visible_to
from entities.admin.filtered_pages.page_filters import read_filter
from entities.admin.filtered_pages.page_numbers import PAGE_PARAMETER, read_page
from entities.admin.filtered_pages.ref_choices import list_sub_accounts, read_sources, source_choices
from entities.admin.money.debtors import Debtor, group_debtors, read_debtors
from entities.admin.record_columns import describe_currencies
from entities.admin.record_links import record_link
from entities.currencies import sum_rows
from entities.models import Invoice, NameKind
from entities.names import NamedId, Names, read_names

PAGE_SIZE = 50
LOOKUPS = {"source": "source__slug", "sub_account": "sub_account"}


def overdue_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show one page of the debtors that the user sees. context: what the template of every admin page needs.

    Raises PermissionDenied and UnusableRequest.
    """
    if not request.user.has_perm("entities.view_invoice"):
        raise PermissionDenied
    refuse_unknown_parameters(request, (*LOOKUPS, PAGE_PARAMETER))
    viewer, today = viewer_of(request), timezone.localdate()
    sources = read_sources(viewer)
    filters = (
        read_filter(request, "source", "Source", source_choices(sources)),
        read_filter(request, "sub_account", "Sub-account", list_sub_accounts(viewer)),
    )
    rows = visible_to(viewer, Invoice.objects.filter(Invoice.overdue.is_overdue(today), is_placeholder=False))
    chosen = {one.name: one.value for one in filters if one.value}
    rows = rows.filter(**{LOOKUPS[name]: value for name, value in chosen.items()})
    page = read_page(request, CappedPaginator(group_debtors(rows), PAGE_SIZE))
    debtors = read_debtors(viewer, rows, page.object_list)
    total = sum_rows(rows, "amount_open")
    context |= {
        "title": "Overdue by client",
        "filters": filters,
        "page": page,
        "lines": list(_describe(debtors, today, {source.pk: str(source) for source in sources})),
        "total": total,
        "sums": describe_currencies(total.sums),
        "invoices_url": changelist_url(Invoice, overdue="yes", **chosen),
    }
    return TemplateResponse(request, "entities/overdue_page.html", context)


def _describe(debtors: list[Debtor], today: date, sources: dict[int, str]) -> Iterator[dict[str, Any]]:
    """Yield the values of each debtor's line. sources: id -> name."""
    accounts = {
        one.key: NamedId(one.key.source_id, "", NameKind.SUB_ACCOUNT, one.key.scope) for one in debtors
    }
    names = read_names(account for account in accounts.values() if account.ref)
    for debtor in debtors:
        yield {
            "debtor": record_link(debtor.party)
            if debtor.party
            else line_cell(debtor.key.name or "nobody named"),
            "url": _list_url(debtor),
            "total": debtor.total,
            "sums": describe_currencies(debtor.total.sums),
            "oldest": debtor.oldest,
            "days": (today - debtor.oldest).days,
            "source": sources[debtor.key.source_id],
            "sub_account": _name_account(names, accounts[debtor.key]),
        }


def _name_account(names: Names, account: NamedId) -> str:
    return shorten(names.find(account) or account.ref)


def _list_url(debtor: Debtor) -> str:
    """Return the address of the list of these invoices; empty if no filter of the list selects them."""
    key = debtor.key
    if key.client_id:
        return changelist_url(Invoice, overdue="yes", client=key.client_id)
    return changelist_url(Invoice, overdue="yes", contact=key.contact_id) if key.contact_id else ""
