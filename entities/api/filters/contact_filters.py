"""Filters by emails, by phone numbers in any notation, and by words, through the index of the search keys.

A key says that the record is found by the value, be it through another column; so the column is compared
too. What is no email or phone number is compared as a text.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, F, Func, Model, Q, TextField, Value

from crmmirror.lib.phone_numbers import national_endings
from entities.api.problem_details import SearchKeysMissing
from entities.models import Record, SearchDocument
from entities.models.introspection import model_name
from entities.models.key_kinds import KeyKind
from entities.search.question import ask_anything, read_question
from entities.search.search_keys import PHONE, email_keys, quote_lexeme
from entities.search.searching import read_default_regions
from entities.search.visible_documents import holds, lacks_documents

CONTACT_KINDS = frozenset({KeyKind.EMAIL, KeyKind.PHONE, KeyKind.ADDRESS})
# The digits of Arabic and Persian, which phone numbers are written with too.
EASTERN_DIGITS = "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹"


def has_contact_keys(model: type[Model], column: str) -> bool:
    """Return True if the column holds emails or phone numbers."""
    return getattr(model, "searched_columns", {}).get(column) in CONTACT_KINDS


def make_contact_match(model: type[Record]) -> Callable[[str, str, Any], Q]:
    """Return the function that makes the condition of a lookup in a column of emails or phone numbers."""

    def match(path: str, lookup: str, value: Any) -> Q:
        if lookup not in ("exact", "in"):
            return Q(**{f"{path}__{lookup}": value})
        return match_contacts(model, path, value if lookup == "in" else [value])

    return match


def match_contacts(model: type[Record], column: str, values: Iterable[str]) -> Q:
    """Return the condition for the records with one of these emails or phone numbers in the column."""
    kind = model.searched_columns[column]
    if lacks_documents():
        raise SearchKeysMissing
    regions = read_default_regions() if kind is not KeyKind.EMAIL else set()
    lexemes: set[str] = set()
    compared = Q()
    others = Q(pk__in=[])
    for value in values:
        emails = email_keys(value) if kind is not KeyKind.PHONE else set()
        endings = national_endings(value, regions) if kind is not KeyKind.EMAIL and not emails else set()
        if emails:
            lexemes |= {quote_lexeme(model_name(model), *key) for key in emails}
            compared |= Q(**{f"{column}__iexact": value.strip()})
        elif endings:
            lexemes |= {f"{quote_lexeme(model_name(model), PHONE, text[::-1])}:*" for text in endings}
            compared |= _match_digits(column, endings)
        else:
            others |= Q(**{column: value})
    return others | match_keys(" | ".join(sorted(lexemes))) & compared if lexemes else others


def make_search_match(model: type[Record]) -> Callable[[str, str, Any], Q]:
    """Return the function that makes the condition of the parameter `search`."""

    def match(path: str, lookup: str, value: str) -> Q:
        if lacks_documents():
            raise SearchKeysMissing
        query = ask_anything(read_question(value, read_default_regions()), model_name(model))
        return match_keys(query) if query else Q(pk__in=[])

    return match


def match_keys(query: str) -> Q:
    """Return the condition for the records that a tsquery of their lexemes finds.

    As an array, because the planner then always begins with the index of the keys. Of a subquery it may
    suppose so many matches that it reads the list in its order until a page is full.
    """
    ids = ArraySubquery(SearchDocument.objects.filter(holds(query)).values("record_id"))
    is_found = Func(
        F("pk"),
        ids,
        template="%(expressions)s)",
        arg_joiner=" = ANY (",
        output_field=BooleanField(),
    )
    return Q(is_found)


def _match_digits(column: str, endings: Iterable[str]) -> Q:
    """Return the condition that the digits of the column's value contain one of the endings."""
    western = Func(
        F(column),
        Value(EASTERN_DIGITS),
        Value("0123456789" * 2),
        function="translate",
        output_field=TextField(),
    )
    digits = Func(western, Value("[^0-9]"), Value(""), Value("g"), function="regexp_replace")
    patterns = Value([f"%{ending}%" for ending in sorted(endings)], ArrayField(TextField()))
    has_digits = Func(
        digits,
        patterns,
        template="COALESCE(%(expressions)s::text[]), FALSE)",
        arg_joiner=" LIKE ANY (",
        output_field=BooleanField(),
    )
    return Q(has_digits)
