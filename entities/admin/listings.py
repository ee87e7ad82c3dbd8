"""The columns, searches and filters of the lists of records, with one line for each model.

A model without a line gets a listing that is derived from its columns.
"""

from dataclasses import dataclass, field
from functools import cache

from django.db import models

from entities.models import Record
from entities.models.introspection import mirrored_fields, model_name

MAX_DERIVED_COLUMNS = 4
# The columns that hold a phone number, or may: a search for one looks in them, however it is written.
PHONE_COLUMNS = frozenset({"phone", "mobile", "secondary_mobile", "from_address"})
# The classes of columns that a derived listing may show.
LISTED_FIELDS = (models.TextField, models.DecimalField, models.DateField, models.ForeignKey)


@dataclass(frozen=True)
class Listing:
    """The columns that one model's list shows, searches and filters by.

    columns: shown between the record's name and its times.
    search_columns: text columns in which a search looks for each of its words.
    filter_words: column -> the words to filter by; all other words share the choice "other".
    """

    columns: tuple[str, ...]
    search_columns: tuple[str, ...]
    filter_words: dict[str, tuple[str, ...]] = field(default_factory=dict)


def make_listing(columns: str, search_columns: str, **filter_words: str) -> Listing:
    """Make a listing from strings in which spaces separate the names."""
    words_by_column = {column: tuple(words.split()) for column, words in filter_words.items()}
    return Listing(tuple(columns.split()), tuple(search_columns.split()), words_by_column)


LISTINGS = {
    "lead": make_listing("value stage_ref email mobile owner_ref", "name title email mobile"),
    "deal": make_listing(
        "value status stage_ref client owner_ref", "title number", status="open won lost abandoned"
    ),
    "client": make_listing("number type email phone", "name number email phone", type="company contact"),
    "contact": make_listing(
        "email phone company_name lifecycle_stage tags",
        "first_name last_name email phone company_name",
        lifecycle_stage="lead qualified customer",
    ),
    "invoice": make_listing(
        "client contact status total amount_paid currency due_date",
        "number client_name",
        status="draft sent paid",
    ),
    "quotation": make_listing("client deal status total", "number", status="draft sent accepted rejected"),
    "payment": make_listing("client invoice amount currency method paid_at", "reference"),
    "appointment": make_listing(
        "contact calendar_ref type_ref status starts_at ends_at",
        "title",
        status="scheduled confirmed completed cancelled no_show",
    ),
    "task": make_listing(
        "contact assignee_ref status priority due_at completed_at", "title", status="todo in_review completed"
    ),
    "message": make_listing(
        "body contact direction channel status occurred_at",
        "from_address",
        status="sent delivered bounced failed",
        direction="inbound outbound",
        channel="sms email messenger instagram gmail live_chat social_dm",
    ),
    "formsubmission": make_listing("form_ref contact submitted_at", "form_name"),
    "subaccount": make_listing("location_id", "location_id"),
}


@cache
def get_listing(model: type[Record]) -> Listing:
    """Return the model's listing, or derive one from its first few columns."""
    return LISTINGS.get(model_name(model)) or derive_listing(model)


def derive_listing(model: type[Record]) -> Listing:
    """Make a listing of the model's first few columns, and search the first few texts."""
    fields = {
        name: column for name, column in mirrored_fields(model).items() if isinstance(column, LISTED_FIELDS)
    }
    columns = [name for name in fields if name != "created_at"]
    texts = [name for name, column in fields.items() if isinstance(column, models.TextField)]
    return Listing(tuple(columns[:MAX_DERIVED_COLUMNS]), tuple(texts[:MAX_DERIVED_COLUMNS]))
