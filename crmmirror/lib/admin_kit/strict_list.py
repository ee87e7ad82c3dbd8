"""Lists that take only what they offer: their own filters, and selections of their rows.

Django lets the address of a list name any lookup on any column. Many of them end in an error of the database
(`?title__regex=(`), and none of them has an index.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.contrib.admin import FieldListFilter, ModelAdmin, SimpleListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ERROR_FLAG, ORDER_VAR, PAGE_VAR, SEARCH_VAR, ChangeList
from django.core.paginator import InvalidPage
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.list_filters import ID_PATTERN
from crmmirror.lib.admin_kit.request_check import UnusableRequest

# The parameters of every list, beside those of its filters.
LIST_PARAMETERS = (SEARCH_VAR, ORDER_VAR, PAGE_VAR, ERROR_FLAG)


class StrictListAdmin(ModelAdmin):
    """An admin whose list refuses parameters that are none of its filters, and selections that are no ids.

    A refusal is an UnusableRequest, which `crmmirror.admin_site` answers with a page that gives the reason.
    """

    # What the parameter of the page can be.
    page_pattern = ID_PATTERN
    # The parameters of the list beside those of its filters.
    list_parameters: tuple[str, ...] = LIST_PARAMETERS

    def visible_rows(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        """Return those of some model's rows that the user may see: all, unless a subclass narrows them.

        The choices of filters come from here.
        """
        return rows

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Return True for a parameter of one of the list's filters. Raises UnusableRequest for any other."""
        declared = list(filter(None, self._declared_parameters(request)))
        if lookup in declared:
            return True
        hint = f"it has: {', '.join(declared)}" if declared else "it has none"
        raise UnusableRequest(f"This list has no filter {shorten(lookup)!r}; {hint}")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list. A form sends its empty inputs too: lead to the address without them."""
        query = self.normalize_query(request)
        if request.method == "GET" and query != request.GET:
            return redirect(f"{request.path}?{query.urlencode()}" if query else request.path)
        return super().changelist_view(request, extra_context)

    def normalize_query(self, request: HttpRequest) -> QueryDict:
        """Return the query without the list's own parameters that are empty.

        An empty parameter that the list does not have stays, and is refused.
        """
        own = {*self.list_parameters, *filter(None, self._declared_parameters(request))}
        query = request.GET.copy()
        for name in own & query.keys():
            if not any(query.getlist(name)):
                del query[name]
        return query

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Return the list. Raises UnusableRequest where Django would show the whole list without a word."""
        _check_parameters(request, self.page_pattern)
        try:
            changelist = super().get_changelist_instance(request)
        except IncorrectLookupParameters as error:
            raise UnusableRequest(_explain(error, request)) from error
        applied = {name for spec in changelist.filter_specs for name in spec.expected_parameters()}
        if ignored := changelist.get_filters_params().keys() - applied:
            raise UnusableRequest(f"The filter {min(ignored)!r} has no choices now")
        return changelist

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Return True for the id alone. Django's own rule raises AttributeError for a relation's name."""
        return to_field == self.opts.pk.name

    def response_action(self, request: HttpRequest, queryset: QuerySet, *options: Any, **more: Any) -> Any:
        """Run the action on the selected rows. Raises UnusableRequest."""
        for value in request.POST.getlist(ACTION_CHECKBOX_NAME):
            if not ID_PATTERN.fullmatch(value):
                raise UnusableRequest(f"The selection contains {shorten(value)!r}, which is no row's number")
        return super().response_action(request, queryset, *options, **more)

    def _declared_parameters(self, request: HttpRequest) -> Iterator[str | None]:
        for declared in self.get_list_filter(request):
            path = declared[0] if isinstance(declared, tuple) else declared
            if isinstance(path, str):
                yield from self._field_filter(request, path).expected_parameters()
            elif isinstance(declared, type) and issubclass(declared, SimpleListFilter):
                yield declared.parameter_name
            else:
                yield from getattr(declared, "parameter_names", ())

    def _field_filter(self, request: HttpRequest, path: str) -> Any:
        """Make the filter that Django has for a column, as it is while it is not used."""
        field = get_fields_from_path(self.model, path)[-1]
        return FieldListFilter.create(field, request, {}, self.model, self, field_path=path)


def _check_parameters(request: HttpRequest, pages: re.Pattern[str]) -> None:
    """Raise UnusableRequest for a page that is none of `pages`, and for a parameter that is given twice."""
    for name, values in request.GET.lists():
        if len(values) > 1:
            raise UnusableRequest(f"The parameter {shorten(name)!r} is given {len(values)} times")
    page = request.GET.get(PAGE_VAR, "1")
    if not pages.fullmatch(page):
        raise no_page(page)


def no_page(page: str) -> UnusableRequest:
    """Return the error for a page that a list does not have."""
    return UnusableRequest(f"This list has no page {shorten(page)!r}")


def _explain(error: IncorrectLookupParameters, request: HttpRequest) -> str:
    """Return what is wrong with a page's number or a filter's value, from the error that Django wrapped."""
    cause = error.__context__
    if isinstance(cause, InvalidPage):
        return str(no_page(request.GET[PAGE_VAR]))
    messages = getattr(cause, "messages", [str(error)])
    return f"A filter cannot use its value: {' '.join(messages).removesuffix('.')}"
