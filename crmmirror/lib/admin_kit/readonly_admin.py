"""The admin of rows that it shows and never writes: only vendors' events write them."""

from typing import Any

from django.contrib.admin import ShowFacets
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse

from crmmirror.lib.admin_kit.capped_paginator import CappedPaginator
from crmmirror.lib.admin_kit.strict_list import StrictListAdmin

# Django's parameter of a row's page for the parameters of the list that linked to it.
LIST_QUERY = "_changelist_filters"


class ReadOnlyAdmin(StrictListAdmin):
    """A list of rows, and for each row a page instead of Django's form."""

    paginator = CappedPaginator
    list_per_page = 50
    # With Django's defaults, each of these would count or read the whole table.
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_max_show_all = 0

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the row's page at the address where Django would show a form."""
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        return self.page_view(request, self.get_viewable_row(request, object_id))

    def page_view(self, request: HttpRequest, row: Any, /) -> HttpResponse:
        """Render the row's page; each subclass has its own."""
        raise NotImplementedError

    def get_viewable_row(self, request: HttpRequest, object_id: str) -> Any:
        """Return the row with this id. Raises PermissionDenied if the user may not view it, or Http404."""
        row = self.get_object(request, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            raise Http404(f"There is no {self.opts.verbose_name} with that id.")
        return row

    def page_context(self, request: HttpRequest, title: str) -> dict[str, Any]:
        """Return what the template of every admin page needs.

        list_query: the parameters of the list from which a link led here, so that the way back leads to it.
        """
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "list_query": request.GET.get(LIST_QUERY, ""),
        }
