"""Filters whose choices are what is in use: words, ids by their names, and sub-accounts."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.list_filters import (
    ID_PATTERN,
    FilterInput,
    FoldedFilter,
    Lookups,
    SourceFilter,
    word_label,
)
from crmmirror.lib.admin_kit.request_check import UnusableRequest
from entities.admin.lists.choices_in_use import MAX_CHOICES, SUB_ACCOUNT, ChoicesInUse, choices_in_use


def words_filter(column: str, usual: tuple[str, ...]) -> type[SimpleListFilter]:
    """Make a filter for rows with one word in a column. It offers every word in use.

    usual: words that are offered first, also while no event has said them: other pages link here with them.
    """

    class WordsFilter(FoldedFilter):
        title = column.replace("_", " ")
        parameter_name = column
        is_prominent = bool(usual)

        def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
            in_use = choices_in_use(request, model_admin.model).words.get(column, [])
            words = [*usual, *(word for word in in_use if word not in usual)]
            return [(word, word_label(shorten(word))) for word in words[:MAX_CHOICES]]

        def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
            word = self.value()
            return queryset if word is None else queryset.filter(**{column: word})

    return WordsFilter


class IdFilter(FoldedFilter):
    """A filter for rows with one id of something that has a name; the names are read when they are shown.

    It takes any id: other pages link here with ids, and those that nobody uses have no rows.
    """

    in_use: ChoicesInUse

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        name = self.parameter_name or ""
        self.in_use = choices_in_use(request, model_admin.model)
        value, values = self.used_parameters.get(name), list(self.in_use.ids.get(name, ()))[:MAX_CHOICES]
        if value is not None and value not in values:
            values.append(value)
        return [(one, one) for one in values]

    @property
    def inputs(self) -> list[FilterInput]:
        """The select, with the names in their order."""
        name = self.parameter_name or ""
        labels = [(str(value), self.describe(str(value))) for value, _ in self.lookup_choices]
        labels.sort(key=lambda choice: choice[1].lower())
        return [FilterInput(name, "", self.value() or "", [("", self.unset_label), *labels])]

    def describe_value(self, name: str) -> str:
        return self.describe(self.value() or "")

    def describe(self, value: str) -> str:
        """Return the name of an id, as one short line."""
        return shorten(self.in_use.find_label(self.parameter_name or "", value))


def named_filter(column: str, heading: str) -> type[SimpleListFilter]:
    """Make a filter for rows with one id in a column, by the ids' names."""

    class NamedFilter(IdFilter):
        title = heading
        parameter_name = column
        is_prominent = True

        def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
            return queryset if self.value() is None else queryset.filter(**{column: self.value()})

    return NamedFilter


class SubAccountFilter(IdFilter):
    """Narrows a list to one sub-account, which the address names by the number of its record."""

    title = "sub-account"
    parameter_name = SUB_ACCOUNT

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        value = self.used_parameters.get(SUB_ACCOUNT)
        if value is not None and not ID_PATTERN.fullmatch(value):
            raise UnusableRequest(
                f"The filter {SUB_ACCOUNT!r} takes a record's number, not {shorten(value)!r}"
            )
        return super().lookups(request, model_admin)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset if self.value() is None else queryset.filter(sub_account=self.value())


class SourceInUseFilter(SourceFilter):
    """Narrows a list to one source, by what the other filters have read anyway."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return list(choices_in_use(request, model_admin.model).sources.items())
