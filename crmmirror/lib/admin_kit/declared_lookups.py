"""Lists that take only the filters that they declare.

Django lets the address of a list name any lookup on any column. Many of them end in an error of the database
(`?title__regex=(`), and none of them has an index.
"""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import FieldListFilter, ModelAdmin, SimpleListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.http import HttpRequest


class DeclaredLookupsAdmin(ModelAdmin):
    """An admin whose list refuses every parameter that is not one of its own filters."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in self._declared_parameters(request)

    def _declared_parameters(self, request: HttpRequest) -> Iterator[str]:
        for declared in self.get_list_filter(request):
            if isinstance(declared, str):
                yield from self._field_filter(request, declared).expected_parameters()
            elif isinstance(declared, type) and issubclass(declared, SimpleListFilter):
                yield declared.parameter_name

    def _field_filter(self, request: HttpRequest, path: str) -> Any:
        """Make the filter that Django has for a column, as it is while it is not used."""
        field = get_fields_from_path(self.model, path)[-1]
        return FieldListFilter.create(field, request, {}, self.model, self, field_path=path)
