"""The head of a record's page: its title, its badges, and where one can go from there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.core.validators import validate_email
from django.forms import ValidationError
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import badge_cell, labels_cell, shorten
from crmmirror.lib.phone_numbers import dialled_number, international_number
from entities.admin.record_head.titles import make_title
from entities.admin.value_cells import field_label, get_field
from entities.models import Record
from entities.models.introspection import model_name
from entities.models.key_kinds import KeyKind
from entities.names import Names
from entities.record_addresses import address_in_crm

MAX_LABELS = 8
# Characters of a phone or email: no longer one is any.
MAX_COPIED = 320

# Model -> the columns whose words are badges beside the title: a word, or a list of labels.
BADGES: dict[str, tuple[str, ...]] = {
    "lead": (),
    "deal": ("status",),
    "client": ("type",),
    "contact": ("lifecycle_stage", "tags"),
    "invoice": ("status",),
    "quotation": ("status",),
    "payment": (),
    "appointment": ("status",),
    "task": ("status",),
    "message": ("status",),
    "formsubmission": (),
    "subaccount": (),
}


@dataclass(frozen=True)
class HeadLink:
    """A link in the head. title: what is behind it, such as the number. is_external: it leaves the mirror."""

    label: str
    url: str
    title: str
    is_external: bool = False


@dataclass(frozen=True)
class CopyValue:
    """A value that people copy out of the page. label: what it is."""

    label: str
    text: str


@dataclass(frozen=True)
class RecordHead:
    """The head of a record's page."""

    title: str
    badges: tuple[SafeString, ...]
    links: tuple[HeadLink, ...]
    copies: tuple[CopyValue, ...]


def build_head(record: Record, names: Names) -> RecordHead:
    """Return the head of a record's page. names: those of all its ids."""
    return RecordHead(
        make_title(record, names),
        tuple(_make_badges(record)),
        tuple(_make_links(record)),
        tuple(_make_copies(record)),
    )


def _make_badges(record: Record) -> Iterator[SafeString]:
    for column in BADGES.get(model_name(type(record)), ()):
        if value := getattr(record, column):
            yield labels_cell(value[:MAX_LABELS]) if isinstance(value, list) else badge_cell(value)


def _make_links(record: Record) -> Iterator[HeadLink]:
    """Yield the way to the record in its CRM, then those to the person, by phone, WhatsApp and email."""
    source: Any = record.source
    if url := address_in_crm(record, source.record_addresses):
        yield HeadLink("Open in the CRM", url, url, is_external=True)
    makers = {KeyKind.PHONE: _phone_links, KeyKind.EMAIL: _mail_links}
    used: set[KeyKind] = set()
    for column, kind in record.searched_columns.items():
        value = getattr(record, column)
        if value and kind in makers:
            of_what = f" {field_label(get_field(type(record), column))}" if kind in used else ""
            used.add(kind)
            yield from makers[kind](value, of_what, source.default_region)


def _make_copies(record: Record) -> Iterator[CopyValue]:
    """Yield the phones and emails of a record, and its id in the CRM."""
    for column, kind in record.searched_columns.items():
        value = getattr(record, column)
        if value and kind in (KeyKind.PHONE, KeyKind.EMAIL):
            yield CopyValue(field_label(get_field(type(record), column)), value[:MAX_COPIED])
    yield CopyValue("id", record.external_id)


def _phone_links(text: str, of_what: str, region: str) -> Iterator[HeadLink]:
    """Yield the links of a phone number. WhatsApp takes only numbers whose country is known."""
    number = international_number(text, region)
    if dialled := number or dialled_number(text):
        yield HeadLink(f"Call{of_what}", f"tel:{dialled}", shorten(text))
    if number:
        url = f"https://wa.me/{number.removeprefix('+')}"
        yield HeadLink(f"WhatsApp{of_what}", url, number, is_external=True)


def _mail_links(text: str, of_what: str, region: str) -> Iterator[HeadLink]:
    try:
        validate_email(text)
    except ValidationError:
        return
    yield HeadLink(f"Mail{of_what}", f"mailto:{quote(text, safe='@+')}", shorten(text))
