"""The base of the admin's lists and pages of what sources have: it narrows them to what the user sees."""

from django.db.models import QuerySet
from django.http import HttpRequest

from crmmirror.lib.admin_kit.strict_list import StrictListAdmin
from entities.access.visibility import visible_to


class VisibleRowsAdmin(StrictListAdmin):
    """Shows nothing that the user does not see: neither in the list, nor at a row's own address."""

    def visible_rows(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        return visible_to(request.user, rows)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return self.visible_rows(request, self.model._default_manager.all())
