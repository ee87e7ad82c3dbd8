"""Rows that the admin shows and never writes: vendors' events are the only writers."""

from typing import Any

from django.contrib.admin import ModelAdmin, ShowFacets
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse

from crmmirror.lib.admin_kit.capped_paginator import CappedPaginator


class ReadOnlyAdmin(ModelAdmin):
    """Lists, and a page of its own for each row instead of a form."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
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
        """The row's page, at the address that Django has for its form."""
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        return self.page_view(request, self.shown(request, object_id))

    def page_view(self, request: HttpRequest, row: Any, /) -> HttpResponse:
        raise NotImplementedError

    def shown(self, request: HttpRequest, object_id: str) -> Any:
        """The row, for whoever may see it; raises PermissionDenied or Http404."""
        found = self.get_object(request, object_id)
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        if found is None:
            raise Http404(f"There is no {self.opts.verbose_name} with that id.")
        return found

    def page_context(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
