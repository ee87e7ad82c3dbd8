"""The columns and filters of the lists of records, with one line for each model.

A model without a line gets a listing that is derived from its columns.
"""

from dataclasses import dataclass, field
from functools import cache

from django.db import models

from entities.models import Record
from entities.models.introspection import COMMON_FIELDS, mirrored_fields, model_name

MAX_DERIVED_COLUMNS = 4
# The classes of columns that a derived listing may show.
LISTED_FIELDS = (models.TextField, models.DecimalField, models.DateField, models.ForeignKey)
LATEST_FIRST = "-last_event_at"


@dataclass(frozen=True)
class Listing:
    """The columns and filters of one model's list, unless its address names others.

    columns: shown after the record's name; `client|contact` is the first of the two that has a value.
    order: a column, after a minus from its greatest value on.
    link: the column that stands in place of the name, of records that have none.
    filter_words: column -> the words to filter by; all other words share the choice "other".
    summed_columns: columns of amounts whose sums stand at the foot of the list.
    """

    columns: tuple[str, ...]
    order: str = LATEST_FIRST
    link: str = ""
    filter_words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    summed_columns: tuple[str, ...] = ()


def make_listing(
    columns: str, order: str = LATEST_FIRST, link: str = "", sums: str = "", **filter_words: str
) -> Listing:
    """Make a listing from strings in which spaces separate the names."""
    words_by_column = {column: tuple(words.split()) for column, words in filter_words.items()}
    return Listing(tuple(columns.split()), order, link, words_by_column, tuple(sums.split()))


LISTINGS = {
    "lead": make_listing("value stage_ref owner_ref email mobile last_event_at source", sums="value"),
    "deal": make_listing(
        "value stage_ref status client|contact owner_ref closed_at|expected_close_date last_event_at source",
        sums="value",
        status="open won lost abandoned",
    ),
    "client": make_listing("phone open_deals owed last_event_at source", type="company contact"),
    "contact": make_listing(
        "company_name phone email lifecycle_stage tags last_message source",
        lifecycle_stage="lead qualified customer",
    ),
    "invoice": make_listing(
        "client|contact status currency total amount_paid amount_open due_date source",
        order="-due_date",
        sums="total amount_open",
        status="draft sent paid",
    ),
    "quotation": make_listing(
        "client deal status total created_at last_event_at source",
        sums="total",
        status="draft sent accepted rejected",
    ),
    "payment": make_listing(
        "client invoice amount currency method paid_at last_event_at source", sums="amount"
    ),
    "appointment": make_listing(
        "starts_at contact calendar_ref type_ref status source",
        order="-starts_at",
        status="scheduled confirmed completed cancelled no_show",
    ),
    "task": make_listing(
        "due_at contact assignee_ref status priority completed_at source",
        order="-due_at",
        status="todo in_review completed",
    ),
    "message": make_listing(
        "direction contact body channel status source",
        order="-occurred_at",
        link="occurred_at",
        status="sent delivered bounced failed",
        direction="inbound outbound",
        channel="sms email messenger instagram gmail live_chat social_dm",
    ),
    "formsubmission": make_listing("contact submitted_at last_event_at source"),
    "subaccount": make_listing("location_id created_at last_event_at source"),
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
    columns = [name for name in fields if name not in COMMON_FIELDS]
    return Listing((*columns[:MAX_DERIVED_COLUMNS], "last_event_at", "source"))
