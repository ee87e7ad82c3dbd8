"""What differs between the lists of the records: a line a model; what is not named is derived."""

from dataclasses import dataclass, field
from functools import cache

from django.db import models

from entities.models import Record
from entities.models.introspection import mirrored_fields, model_name

DERIVED_COLUMNS = 4
LISTED = (models.TextField, models.DecimalField, models.DateField, models.ForeignKey)


@dataclass(frozen=True)
class Listing:
    """columns: shown between the record's name and its times.

    search: text columns in which a search looks for each of its words.
    words: column -> the words to filter by; any other word is under "other".
    """

    columns: tuple[str, ...]
    search: tuple[str, ...]
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)


def make_listing(columns: str, search: str, **words: str) -> Listing:
    """All of them as words that spaces separate."""
    split = {column: tuple(known.split()) for column, known in words.items()}
    return Listing(tuple(columns.split()), tuple(search.split()), split)


LISTINGS = {
    "lead": make_listing("value stage_name email mobile owner_name", "name title email mobile"),
    "deal": make_listing(
        "value status stage_name client owner_name", "title number", status="open won lost abandoned"
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
        "contact status starts_at ends_at",
        "title",
        status="scheduled confirmed completed cancelled no_show",
    ),
    "task": make_listing(
        "contact status priority due_at completed_at", "title", status="todo in_review completed"
    ),
    "message": make_listing(
        "body contact direction channel status occurred_at",
        "from_address",
        status="sent delivered bounced failed",
        direction="inbound outbound",
        channel="sms email messenger instagram gmail live_chat social_dm",
    ),
    "formsubmission": make_listing("contact submitted_at", "form_name"),
    "subaccount": make_listing("location_id", "location_id"),
}


@cache
def get_listing(model: type[Record]) -> Listing:
    """The model's line, or its first few columns and the texts among them."""
    if known := LISTINGS.get(model_name(model)):
        return known
    named = [name for name, column in mirrored_fields(model).items() if isinstance(column, LISTED)]
    texts = [name for name in named if isinstance(model._meta.get_field(name), models.TextField)]
    columns = [name for name in named if name != "created_at"][:DERIVED_COLUMNS]
    return Listing(tuple(columns), tuple(texts[:DERIVED_COLUMNS]))
