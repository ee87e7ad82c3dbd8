"""Lists that take only what they offer: their own filters, and selections of their rows.

Django lets the address of a list name any lookup on any column. Many of them end in an error of the database
(`?title__regex=(`), and none of them has an index.
"""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import FieldListFilter, ModelAdmin, SimpleListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import get_fields_from_path
from django.db.models import QuerySet
from django.http import HttpRequest

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.list_filters import ID_PATTERN
from crmmirror.lib.admin_kit.request_check import UnusableRequest


class StrictListAdmin(ModelAdmin):
    """An admin whose list refuses parameters that are none of its filters, and selections that are no ids."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in self._declared_parameters(request)

    def response_action(self, request: HttpRequest, queryset: QuerySet, *options: Any, **more: Any) -> Any:
        """Run the action on the selected rows. Raises UnusableRequest."""
        for value in request.POST.getlist(ACTION_CHECKBOX_NAME):
            if not ID_PATTERN.fullmatch(value):
                raise UnusableRequest(f"The selection contains {shorten(value)!r}, which is no row's number")
        return super().response_action(request, queryset, *options, **more)

    def _declared_parameters(self, request: HttpRequest) -> Iterator[str | None]:
        for declared in self.get_list_filter(request):
            if isinstance(declared, str):
                yield from self._field_filter(request, declared).expected_parameters()
            elif isinstance(declared, type) and issubclass(declared, SimpleListFilter):
                yield declared.parameter_name

    def _field_filter(self, request: HttpRequest, path: str) -> Any:
        """Make the filter that Django has for a column, as it is while it is not used."""
        field = get_fields_from_path(self.model, path)[-1]
        return FieldListFilter.create(field, request, {}, self.model, self, field_path=path)
