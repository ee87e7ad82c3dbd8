"""Filters of a list that are named after no column: they come from what the model says about itself."""

from typing import Any

from django.db.models import Q
from django.utils.timezone import localdate

from entities.api.filters.column_filters import ColumnFilter
from entities.api.filters.contact_filters import make_search_match
from entities.api.filters.parameter_values import FlagValue, IntegerValue, SearchValue
from entities.conversation_parties import match_reference
from entities.models import Record


def make_model_filters(model: type[Record]) -> dict[str, ColumnFilter]:
    """Return parameter -> filter."""
    return make_search_filters(model) | make_overdue_filters(model) | make_party_filters(model)


def make_overdue_filters(model: type[Record]) -> dict[str, ColumnFilter]:
    """Return the parameter `overdue` with its filter, for a model whose records may be overdue."""
    rule = model.overdue
    if rule is None:
        return {}

    def match(path: str, lookup: str, value: bool) -> Q:
        condition = rule.is_overdue(localdate())
        return condition if value else ~condition

    label = (
        f"true: {rule.due} is before today (in UTC), {rule.open} is above 0, and {rule.status} is none of"
        f" {', '.join(sorted(rule.exempt_statuses))}; deleted ones are never overdue. false: all others."
    )
    return {"overdue": ColumnFilter(FlagValue, match, required=True, label=label)}


def make_party_filters(model: type[Record]) -> dict[str, ColumnFilter]:
    """Return the parameter of a conversation's party with its filter, for a model that has conversations."""
    rule = model.conversation_rule
    if rule is None:
        return {}
    party: Any = model._meta.get_field(rule.party)

    def match(path: str, lookup: str, value: int) -> Q:
        return match_reference(party, value)

    label = f"The id of a {rule.party}: finds what names it, and what belongs to one of its conversations."
    related = party.related_model
    party_filter = ColumnFilter(IntegerValue, match, related_model=related, required=True, label=label)
    return {f"conversation_{rule.party}": party_filter}


def make_search_filters(model: type[Record]) -> dict[str, ColumnFilter]:
    """Return the parameter `search` with its filter."""
    label = (
        'Finds by beginnings of words, a "phrase in quotes", a phone number in any notation or its last'
        " digits, an email, a number or a vendor's id, as the search of all records does."
    )
    return {"search": ColumnFilter(SearchValue, make_search_match(model), required=True, label=label)}
