"""The pages on which staff name the vendors' ids: an overview, and one page for each source and kind."""

from functools import partial
from typing import Any

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from entities.access.visible_rows import VisibleRowsAdmin
from entities.admin.naming.kind_page import kind_page
from entities.admin.naming.name_cells import may_name, naming_url
from entities.admin.naming.name_overview import name_overview_page
from entities.models import Name


class NameAdmin(VisibleRowsAdmin, ReadOnlyAdmin):
    """Names and their order, for those who may name things; their changes are in Django's history.

    Whoever sees some sub-accounts only sees, and may change, only the names in these.
    """

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may_name(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_name(request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(kind_page, self))
        return [
            path("kind/<int:source_id>/<slug:kind>/", view, name="entities_name_kind"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return name_overview_page(self, request)

    def page_view(self, request: HttpRequest, row: Name, /) -> HttpResponse:
        """Lead from the address of one name to the page on which it is changed."""
        return redirect(naming_url(row.source_id, row.kind, ref=row.ref))
