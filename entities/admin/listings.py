"""The columns and filters of the lists of records, with one line for each model.

A model without a line gets a listing that is derived from its columns.
"""

from dataclasses import dataclass, field
from functools import cache

from django.db import models

from entities.models import Record
from entities.models.introspection import mirrored_fields, model_name

MAX_DERIVED_COLUMNS = 4
# The classes of columns that a derived listing may show.
LISTED_FIELDS = (models.TextField, models.DecimalField, models.DateField, models.ForeignKey)


@dataclass(frozen=True)
class Listing:
    """The columns that one model's list shows and filters by.

    columns: shown between the record's name and its times.
    filter_words: column -> the words to filter by; all other words share the choice "other".
    summed_columns: columns of amounts whose sums stand at the foot of the list.
    """

    columns: tuple[str, ...]
    filter_words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    summed_columns: tuple[str, ...] = ()


def make_listing(columns: str, sums: str = "", **filter_words: str) -> Listing:
    """Make a listing from strings in which spaces separate the names."""
    words_by_column = {column: tuple(words.split()) for column, words in filter_words.items()}
    return Listing(tuple(columns.split()), words_by_column, tuple(sums.split()))


LISTINGS = {
    "lead": make_listing("value stage_ref email mobile owner_ref", sums="value"),
    "deal": make_listing(
        "value status stage_ref client owner_ref", sums="value", status="open won lost abandoned"
    ),
    "client": make_listing("number type email phone", type="company contact"),
    "contact": make_listing(
        "email phone company_name lifecycle_stage tags",
        lifecycle_stage="lead qualified customer",
    ),
    "invoice": make_listing(
        "client contact status total amount_paid amount_open currency due_date",
        sums="total amount_open",
        status="draft sent paid",
    ),
    "quotation": make_listing(
        "client deal status total", sums="total", status="draft sent accepted rejected"
    ),
    "payment": make_listing("client invoice amount currency method paid_at", sums="amount"),
    "appointment": make_listing(
        "contact calendar_ref type_ref status starts_at ends_at",
        status="scheduled confirmed completed cancelled no_show",
    ),
    "task": make_listing(
        "contact assignee_ref status priority due_at completed_at", status="todo in_review completed"
    ),
    "message": make_listing(
        "body contact direction channel status occurred_at",
        status="sent delivered bounced failed",
        direction="inbound outbound",
        channel="sms email messenger instagram gmail live_chat social_dm",
    ),
    "formsubmission": make_listing("form_ref contact submitted_at"),
    "subaccount": make_listing("location_id"),
}


@cache
def get_listing(model: type[Record]) -> Listing:
    """Return the model's listing, or derive one from its first few columns."""
    return LISTINGS.get(model_name(model)) or derive_listing(model)


def derive_listing(model: type[Record]) -> Listing:
    """Make a listing of the model's first few columns."""
    fields = {
        name: column for name, column in mirrored_fields(model).items() if isinstance(column, LISTED_FIELDS)
    }
    columns = [name for name in fields if name != "created_at"]
    return Listing(tuple(columns[:MAX_DERIVED_COLUMNS]))
