"""Rows that the admin shows and never writes: vendors' events are the only writers."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest

from entities.admin.paging import CappedPaginator


class ReadOnlyAdmin(ModelAdmin):
    """Lists, and a page of its own for each row instead of a form."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = False
    list_per_page = 50
    list_max_show_all = 0

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

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
