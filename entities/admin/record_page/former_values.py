"""The page of one value of a record: the event that it is from, and what it was before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import JSONField
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import EMPTY, format_duration, shorten
from crmmirror.lib.admin_kit.documents import document_cell
from crmmirror.lib.admin_kit.local_times import time_cell
from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from crmmirror.lib.admin_kit.request_check import UnusableRequest, refuse_unknown_parameters
from entities.access.visibility import viewer_of
from entities.admin.naming.name_cells import read_name_cells
from entities.admin.record_links import EventLinks, event_links
from entities.admin.record_timeline.referred_records import read_referred, references_of, referred_key
from entities.admin.record_timeline.written_cells import WrittenCells
from entities.admin.value_cells import field_label, get_field
from entities.merge.clock import Rank
from entities.merge.registers import ADDITION, EXTRA, Register, set_members
from entities.models import Record
from entities.models.introspection import mirrored_fields
from entities.names import record_ids, value_ids
from entities.provenance import WrittenValue, read_register

# The name under which the fields that no column holds are asked for, each by its key.
OTHER_FIELDS = "extra"
TOO_LARGE = format_html('<span class="nothing">{}</span>', "too large to show here: see the event")


@dataclass(frozen=True)
class ValueChange:
    """A change of a value: what it was, what it became, when, for how long, and which event said so.

    url: of the event; empty if the viewer may not open it.
    is_mention: the event is about another record, and told the value together with a reference to this one.
    """

    before: SafeString
    after: SafeString
    at: SafeString
    duration: str
    event_type: str
    url: str
    is_mention: bool


@dataclass(frozen=True)
class FormerValues:
    """The changes of one value, newest first; none if no event gave it."""

    label: str
    changes: tuple[ValueChange, ...]


@dataclass(frozen=True)
class _Step:
    """A value with the write that made it what it is."""

    value: Any
    written: WrittenValue

    @property
    def key(self) -> tuple[Any, bool, int]:
        """The differences between two values. No two that were not read are said to be equal."""
        return self.value, self.written.is_large, self.written.event_id * self.written.is_large


def value_page(admin: ReadOnlyAdmin, request: HttpRequest, record: Record) -> TemplateResponse:
    """Answer with the page of the value that the address names. Raises UnusableRequest if there is none."""
    refuse_unknown_parameters(request, ("field", "key"))
    column, key = request.GET.get("field", ""), request.GET.get("key", "")
    _check_value(record, column, key)
    histories = tuple(_read_histories(request, record, column, key))
    title = _label(record, column, key)
    context = admin.page_context(request, title[:1].upper() + title[1:]) | {
        "record": record,
        "record_title": shorten(str(record)),
        "note": describe_computation(record, column),
        "histories": histories,
    }
    return TemplateResponse(request, "entities/value_page.html", context)


def _check_value(record: Record, column: str, key: str) -> None:
    known = mirrored_fields(type(record)).keys() | record.derived_columns.keys() | record.balances.keys()
    is_document = column == OTHER_FIELDS or (
        column in known and isinstance(get_field(type(record), column), JSONField)
    )
    if column not in known | {OTHER_FIELDS} or (key and not is_document):
        raise UnusableRequest(f"A {record._meta.verbose_name} has no value {shorten(column + key)!r}")


def describe_computation(record: Record, column: str) -> str:
    """Say what a value is computed from, if no single event gives it; else empty."""
    sources = source_columns(record, column)
    if sources == (column,):
        return ""
    labels = ", ".join(field_label(get_field(type(record), name)) for name in sources)
    rule = record.balances.get(column)
    return f"computed from {labels} and the {rule.part_model}s" if rule else f"computed from {labels}"


def source_columns(record: Record, column: str) -> tuple[str, ...]:
    """Return the columns whose history tells a value: its own, or those that it is computed from."""
    if rule := record.balances.get(column):
        return (rule.total, rule.paid, rule.currency, rule.status)
    derived = record.derived_columns.get(column)
    if derived is None:
        return (column,)
    return (*((column,) if derived.prefers_own_value else ()), *derived.columns)


def _read_histories(request: HttpRequest, record: Record, column: str, key: str) -> Iterator[FormerValues]:
    sources = source_columns(record, column)
    steps = {name: _make_steps(name, _read_writes(record, name, key)) for name in sources}
    written = [(name, step.value) for name in sources for step in steps[name]]
    names = read_name_cells(request, [*record_ids(record), *value_ids(record, written)])
    wanted = (referred_key(record, name, value) for name, value in written)
    cells = WrittenCells(names, read_referred(viewer_of(request), references_of(record), wanted))
    links = event_links(request.user)
    for name in sources:
        changes = _make_changes(record, name, steps[name], cells, links, is_part=bool(key))
        yield FormerValues(_label(record, name, key), changes)


def _read_writes(record: Record, column: str, key: str) -> list[WrittenValue]:
    if column == OTHER_FIELDS:
        return read_register(record, EXTRA + key)
    return read_register(record, column, [key] if key else [])


def _make_steps(column: str, writes: Sequence[WrittenValue]) -> list[_Step]:
    """Return the values that a column had, oldest first, without repetitions."""
    steps = [_Step(value, written) for value, written in _accumulate(column, writes)]
    return [next(equal) for _, equal in groupby(steps, key=lambda step: step.key)]


def _accumulate(column: str, writes: Sequence[WrittenValue]) -> Iterator[tuple[Any, WrittenValue]]:
    """Yield the column's value after each write. Additions to a set are added to what is there."""
    if not any(written.name.startswith(column + ADDITION) for written in writes):
        yield from ((written.value, written) for written in writes)
        return
    state: dict[str, Register] = {}
    for written in writes:
        state[written.name] = Register(written.clock, written.value)
        yield set_members(state, column), written


def _make_changes(
    record: Record,
    column: str,
    steps: Sequence[_Step],
    cells: WrittenCells,
    links: EventLinks,
    *,
    is_part: bool,
) -> tuple[ValueChange, ...]:
    """Return the changes between values, newest first. is_part: they are parts of a document."""

    def show(step: _Step) -> SafeString:
        if step.written.is_large:
            return TOO_LARGE
        if is_part and step.value is None:
            # The document lacks the part, or it is null.
            return EMPTY
        return document_cell(step.value) if is_part else cells.page_cell(record, column, step.value)

    ends = [following.written.origin.occurred_at for following in steps[1:]]
    changes = []
    for index, step in enumerate(steps):
        origin = step.written.origin
        end = ends[index] if index < len(ends) else timezone.now()
        changes.append(
            ValueChange(
                before=show(steps[index - 1]) if index else EMPTY,
                after=show(step),
                at=time_cell(origin.occurred_at),
                duration=format_duration(end - origin.occurred_at),
                event_type=shorten(origin.event_type),
                url=links.url(record.source_id, origin),
                is_mention=origin.rank is Rank.COPY,
            )
        )
    return tuple(reversed(changes))


def _label(record: Record, column: str, key: str) -> str:
    return shorten(key) if key else field_label(get_field(type(record), column))
