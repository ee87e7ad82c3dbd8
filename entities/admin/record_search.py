"""The search of a list of records: words, phrases in quotes, phone numbers, the vendor's id."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.db.models import F, Func, Max, Model, Q, QuerySet, TextField, Value

from crmmirror.lib.phone_numbers import national_endings
from entities.admin.listings import PHONE_COLUMNS, Listing
from entities.admin.value_cells import get_field
from entities.models import Record
from entities.models.introspection import mirrored_fields

# No index serves a search for a part of a text, so that it reads this many of the newest rows at most.
# The vendor's id has an index and is searched in all rows.
MAX_SEARCHED_ROWS = 200_000
MAX_SEARCH_WORDS = 5
# Marks of direction, which are copied with a text from a page or a chat. The columns hold none at their ends.
MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
# A phrase begins and ends with a quote, straight or curved; a quote anywhere else is part of a word.
PHRASE_OR_WORD = re.compile(r'(?<!\S)["“”„](?P<phrase>[^"“”„]*[^"“”„\s][^"“”„]*)["“”](?!\S)|(?P<word>\S+)')


def split_search(term: str) -> list[str]:
    """Return the words and phrases of a search in Unicode's composed form (NFC), as the columns hold text."""
    matches = PHRASE_OR_WORD.finditer(MARKS.sub("", unicodedata.normalize("NFC", term)))
    return [match["word"] or " ".join(match["phrase"].split()) for match in matches]


def search_records(model: type[Record], listing: Listing, rows: QuerySet, term: str) -> QuerySet:
    """Find rows with this id of the vendor, and recent rows with all the words. See MAX_SEARCHED_ROWS.

    A word or phrase may stand in any of the listing's search columns, and a phrase may go on from one column
    to the next: a contact's first and last name are two columns. A phone number matches in any notation.
    """
    words = split_search(term)[:MAX_SEARCH_WORDS]
    if not words:
        return rows
    newest = model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0
    columns = [name for name in mirrored_fields(model) if name in PHONE_COLUMNS]
    rows = rows.alias(
        searched_text=Func(
            Value(" "), *listing.search_columns, function="concat_ws", output_field=TextField()
        ),
        **{f"digits_of_{name}": _digits(name) for name in columns},
    )
    regions = _default_regions(model) if columns else set()
    has_words = Q()
    for word in words:
        has_words &= Q(searched_text__icontains=word) | _has_number(columns, word, regions)
    has_words = (has_words | _has_number(columns, term, regions)) & Q(pk__gt=newest - MAX_SEARCHED_ROWS)
    return rows.filter(Q(external_id=term.strip()) | has_words)


def search_help(model: type[Record], listing: Listing) -> str:
    """Return what staff read below the search box."""
    labels = " or ".join(str(get_field(model, name).verbose_name) for name in listing.search_columns)
    return (
        f'Words, or a "phrase in quotes", in {labels} of the newest {MAX_SEARCHED_ROWS:,} records, or the'
        " vendor's complete id. A phone number is found in any notation."
    )


def _digits(column: str) -> Func:
    """Return the digits of a column, without what stands between them."""
    return Func(
        F(column),
        Value(r"\D"),
        Value(""),
        Value("g"),
        function="regexp_replace",
        output_field=TextField(),
    )


def _has_number(columns: Iterable[str], text: str, regions: Iterable[str]) -> Q:
    """Return the condition that a phone column holds this number; an empty one if the text is no number."""
    condition = Q()
    for ending in national_endings(text, regions):
        for column in columns:
            condition |= Q(**{f"digits_of_{column}__endswith": ending})
    return condition


def _default_regions(model: type[Model]) -> set[str]:
    """Return the regions in which the sources write numbers without a country code."""
    source_model: Any = model._meta.get_field("source").related_model
    regions = source_model._default_manager.exclude(default_region="").values_list(
        "default_region", flat=True
    )
    return set(regions)
