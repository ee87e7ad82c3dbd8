"""Reads the filters of a board from its address, and builds the address of the list with the same deals."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from crmmirror.lib.admin_kit.request_check import refuse_unknown_parameters
from crmmirror.lib.admin_kit.urls import changelist_url
from entities.access.visibility import viewer_of
from entities.admin.filtered_pages.page_filters import PageFilter, read_filter, read_open_filter
from entities.admin.filtered_pages.ref_choices import list_refs, list_sub_accounts, source_choices
from entities.admin.record_filters import STALE_CHOICES, is_stale
from entities.models import Deal

NAMES = ("pipeline", "owner", "source", "sub_account", "status", "stale")
DEFAULT_STATUS = "open"
STATUSES = tuple((word, word) for word in ("open", "won", "lost", "abandoned"))
# Filter of the board -> that of the list.
LIST_PARAMETERS = {"pipeline": "pipeline_ref", "owner": "owner_ref"}
LOOKUPS = LIST_PARAMETERS | {"source": "source__slug", "sub_account": "sub_account"}


@dataclass(frozen=True)
class BoardFilters:
    """The filters of the board, in the order of the form."""

    filters: tuple[PageFilter, ...]

    @property
    def chosen(self) -> dict[str, str]:
        """Return name -> value of the filters that are set; the status always is."""
        return {one.name: one.value for one in self.filters if one.value}

    def narrow_to_place(self, rows: QuerySet[Deal]) -> QuerySet[Deal]:
        """Return the deals of the pipeline, owner, source and sub-account, whatever their status."""
        return rows.filter(**{LOOKUPS[name]: value for name, value in self.chosen.items() if name in LOOKUPS})

    def narrow(self, rows: QuerySet[Deal]) -> QuerySet[Deal]:
        """Return the deals that stand on the board."""
        rows = self.narrow_to_place(rows).filter(status=self.chosen["status"])
        return rows.filter(is_stale(int(self.chosen["stale"]))) if "stale" in self.chosen else rows

    def list_url(self, **more: str) -> str:
        """Return the address of the list of these deals, narrowed further."""
        own = {LIST_PARAMETERS.get(name, name): value for name, value in self.chosen.items()}
        return changelist_url(Deal, **own | more)


def read_board_filters(request: HttpRequest, sources: Iterable[Any]) -> BoardFilters:
    """Return the filters in the address of a board. Raises UnusableRequest for what it does not offer.

    sources: those that the user sees.
    """
    refuse_unknown_parameters(request, NAMES)
    viewer = viewer_of(request)
    return BoardFilters(
        (
            read_open_filter(request, "pipeline", "Pipeline", list_refs(viewer, Deal, "pipeline_ref")),
            read_open_filter(request, "owner", "Owner", list_refs(viewer, Deal, "owner_ref")),
            read_filter(request, "source", "Source", source_choices(sources)),
            read_filter(request, "sub_account", "Sub-account", list_sub_accounts(viewer)),
            read_filter(request, "status", "Status", STATUSES, DEFAULT_STATUS),
            read_filter(request, "stale", "In its stage for", STALE_CHOICES),
        )
    )
