"""Turns what an event changed into a sentence, by one table with a line for each entity."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import JSONField
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import labels_cell, shorten
from entities.admin.channel_words import channel_text
from entities.admin.record_links import record_link
from entities.admin.record_timeline.timeline_entries import Change, Happening
from entities.admin.record_timeline.written_cells import WrittenCells
from entities.admin.value_cells import field_label, get_field
from entities.merge.clock import Rank
from entities.merge.registers import ADDITION, EXISTS
from entities.models import Record
from entities.models.fields import WordField
from entities.models.introspection import model_name
from entities.models.naming.named_refs import NAMED_COLUMNS, NAMELESS_COLUMNS, named_refs

# Of one event; that there are more is said.
MAX_CHANGES = 6
ARROWS = {"inbound": "←", "outbound": "→"}


@dataclass(frozen=True)
class Sentence:
    """The wording of the sentences about one entity.

    subject: what stands at the beginning, if the sentence is on the page of another record.
    told: the columns that the first sentence about a record tells, in their order.
    silent: columns that no sentence tells, because the subject does.
    """

    subject: Callable[[Record, WrittenCells], SafeString]
    told: tuple[str, ...]
    silent: frozenset[str] = frozenset()


def _titled(record: Record, cells: WrittenCells) -> SafeString:
    """Return such as: Deal "Licence", with a link to it."""
    kind = str(record._meta.verbose_name).capitalize()
    return format_html("{} {}", kind, record_link(record, cells.names.names.find_own(record)))


def spoken_text(message: Any) -> str:
    """Return such as: <- whatsapp "Hi, when can we talk?"."""
    channel = channel_text(message.channel) or "message"
    text = f"“{shorten(message.body, 120)}”" if message.body else "no text"
    return " ".join(filter(None, (ARROWS.get(message.direction, ""), channel, text)))


def _spoken(message: Any, cells: WrittenCells) -> SafeString:
    return record_link(message, spoken_text(message))


# Model -> how it is told about. A model without a line is told by its title and all that is new.
SENTENCES: dict[str, Sentence] = {
    "lead": Sentence(_titled, ("stage_ref", "stage_name", "value", "owner_ref", "mobile", "email")),
    "deal": Sentence(
        _titled, ("stage_ref", "stage_name", "status", "value", "currency", "expected_close_date")
    ),
    "client": Sentence(_titled, ("type", "phone", "email")),
    "contact": Sentence(_titled, ("lifecycle_stage", "phone", "email", "company_name", "tags")),
    "invoice": Sentence(_titled, ("status", "total", "amount_paid", "currency", "due_date")),
    "quotation": Sentence(_titled, ("status", "total")),
    "payment": Sentence(_titled, ("amount", "currency", "method")),
    "appointment": Sentence(_titled, ("status", "starts_at", "calendar_ref")),
    "task": Sentence(_titled, ("status", "due_at", "assignee_ref", "priority")),
    "message": Sentence(
        _spoken, ("status",), frozenset({"channel", "direction", "body", "occurred_at", "from_address"})
    ),
    "formsubmission": Sentence(_titled, ("form_ref", "form_name", "submitted_at")),
    "subaccount": Sentence(_titled, ("location_id",)),
}
ANY_RECORD = Sentence(_titled, ())


def tell(happening: Happening, page_record: Record, cells: WrittenCells) -> SafeString | None:
    """Return the sentence about a happening on a record's page; None if it says nothing that is new there."""
    record = happening.record
    sentence = SENTENCES.get(model_name(type(record)), ANY_RECORD)
    is_own = record is page_record
    beginning = None if is_own else sentence.subject(record, cells)
    existence = _tell_existence(happening)
    is_first = any(change.name == EXISTS and change.is_first for change in happening.changes)
    changes = [change for change in happening.changes if _is_told(change, happening, page_record, sentence)]
    if is_first and sentence.told:
        changes = [change for change in changes if change.name in sentence.told]
    order = {name: place for place, name in enumerate(sentence.told)}
    changes.sort(key=lambda change: order.get(change.name, len(order)))
    if not existence and not changes:
        # What another record's event repeats is no news.
        return None if is_own and happening.origin.rank is Rank.COPY else _join(beginning, "no change")
    parts = [_tell_change(change, record, cells, is_first=is_first) for change in changes[:MAX_CHANGES]]
    if len(changes) > MAX_CHANGES:
        parts.append(format_html('<span class="quiet">and {} more</span>', len(changes) - MAX_CHANGES))
    if not is_own:
        # What happened is said within the sentence.
        existence = existence.lower()
    if sentence.subject is _spoken:
        # That it was said is the news.
        existence = format_html("{}", spoken_text(record)) if is_own and is_first else ""
    words = [word for word in (existence, *parts) if word]
    return _join(beginning, format_html_join(", ", "{}", ((word,) for word in words)))


def _join(beginning: SafeString | None, end: str) -> SafeString:
    if beginning is None:
        return format_html("{}", end)
    return format_html("{}: {}", beginning, end) if end else beginning


def _tell_existence(happening: Happening) -> str:
    """Say that a record was created, deleted or is there again; empty if that is nothing new."""
    change = next((change for change in happening.changes if change.name == EXISTS), None)
    if change is None:
        return ""
    if change.after is False:
        return "Deleted"
    if not change.is_first:
        return "There again"
    return "Created" if happening.origin.rank is Rank.CREATED else "New"


def _is_told(change: Change, happening: Happening, page_record: Record, sentence: Sentence) -> bool:
    """Return True for a change that the sentence tells: not what only engineers ask for, or stands there."""
    name, record = change.name, happening.record
    if name in {EXISTS, "created_at"} | NAMELESS_COLUMNS | sentence.silent:
        return False
    if change.is_first and change.after is None:
        return False
    if record is not page_record and change.after == page_record.external_id:
        # The record refers to the one whose page this is.
        return False
    # The vendor's name of an id that has changed too is told by the id.
    refs = {ref.name_column for ref in named_refs(type(record)).values() if ref.name_column}
    changed = {other.name for other in happening.changes}
    return not (name in refs and f"{name.removesuffix('_name')}_ref" in changed)


def _tell_change(change: Change, record: Record, cells: WrittenCells, *, is_first: bool) -> SafeString:
    """Return such as: Stage Offer -> Won. Of a word, and of a first value, the label says little."""
    name, _, added = change.name.partition(ADDITION)
    if added:
        return format_html("{} + {}", _label(record, name), labels_cell([added]))
    field = get_field(type(record), name)
    if isinstance(field, JSONField):
        return format_html("{} changed", _label(record, name))
    after = cells.line_cell(record, name, change.after)
    has_label = not isinstance(field, WordField) and name not in NAMED_COLUMNS
    label = format_html("{} ", _label(record, name)) if has_label else ""
    if change.is_first or (is_first and change.before is None):
        return format_html("{}{}", label, after)
    before = cells.line_cell(record, name, change.before)
    return format_html('{}{} <span aria-label="became">→</span> {}', label, before, after)


def _label(record: Record, name: str) -> str:
    return field_label(get_field(type(record), name))
