"""The columns that a list of records can have, as functions of a record for Django's `list_display`.

Each record of a list has an attribute `name_cells`, which all columns share (see `record_list.RecordList`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, cast

from django.contrib.postgres.fields import ArrayField
from django.db.models import DateField, DateTimeField, DecimalField, Field, ForeignKey, JSONField
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import format_lazy

from crmmirror.lib.admin_kit.cells import EMPTY
from entities.admin.lists.attached_columns import AttachedColumn, attached_columns
from entities.admin.record_columns import field_heading, list_cell
from entities.admin.record_links import name_cell
from entities.admin.value_cells import get_field
from entities.models import Record
from entities.models.introspection import COMMON_FIELDS
from entities.models.naming.named_refs import named_refs

# Columns of every record, after the model's own.
COMMON_COLUMNS = (
    *("created_at", "first_event_at", "last_event_at", "changed_at"),
    *("sub_account", "source", "external_id", "merged_into"),
)
EITHER = "|"


@dataclass(frozen=True, eq=False)
class RecordColumn:
    """One column of a list.

    name: in the address. shows: what an export writes: fields, or the model for the record's own name; empty
    if it writes the cell's text. kind: a class of the stylesheet. attached: what is read for a page at once.
    """

    name: str
    heading: str
    shows: tuple[Any, ...]
    render: Callable[[Any], SafeString]
    kind: str = ""
    attached: AttachedColumn | None = None
    # Templates take its attributes: Django's would call it first.
    do_not_call_in_templates: ClassVar[bool] = True

    def __call__(self, record: Any) -> SafeString:
        return self.render(record)

    @property
    def __name__(self) -> str:
        return self.name

    @property
    def short_description(self) -> str:
        """The heading, where Django looks for it."""
        return self.heading


def make_name_column(model: type[Record], link: str = "") -> RecordColumn:
    """Make the first column: the record's name, and a badge if it is deleted or a placeholder.

    link: the field that stands for the name, of a model whose records have none.
    """
    field = get_field(model, link) if link else None

    def render(record: Any) -> SafeString:
        if field and getattr(record, field.name) is not None:
            return list_cell(field, record)
        return name_cell(record, record.name_cells.names.find_own(record))

    heading = field_heading(field) if field else str(model._meta.verbose_name)
    return RecordColumn("name", heading, (model, field) if field else (model,), render)


def make_column(model: type[Record], token: str) -> RecordColumn:
    """Make the column of a field, or of the first of several fields that has a value: `client|contact`."""
    fields = tuple(get_field(model, name) for name in token.split(EITHER))
    if len(fields) == 1:
        (field,) = fields
        return RecordColumn(field.name, field_heading(field), fields, partial(list_cell, field), _kind(field))
    # Lazy, as it is made once, and names the zone of whoever looks at it.
    heading = cast(str, format_lazy(" or ".join(["{}"] * len(fields)), *map(field_heading, fields)))
    return RecordColumn(column_name(token), heading, fields, partial(_either_cell, fields))


def column_name(token: str) -> str:
    """Return a column's name in the address."""
    return token.replace(EITHER, "_or_")


def list_columns(model: type[Record], tokens: tuple[str, ...]) -> Mapping[str, RecordColumn]:
    """Return name -> column of all that a list can show beside the name, those of its listing first."""
    attached = {column.name: _make_attached(column) for column in attached_columns(model)}
    # The names that vendors give to ids are shown in the columns of the ids.
    hidden = COMMON_FIELDS | {ref.name_column for ref in named_refs(model).values()}
    own = [
        field.name
        for field in model._meta.concrete_fields
        if field.name not in hidden and not isinstance(field, JSONField)
    ]
    columns: dict[str, RecordColumn] = {}
    for token in (*tokens, *own, *COMMON_COLUMNS):
        name = column_name(token)
        if name not in columns:
            columns[name] = attached.get(name) or make_column(model, token)
    return columns | attached


def _make_attached(column: AttachedColumn) -> RecordColumn:
    return RecordColumn(
        column.name,
        column.heading,
        (),
        lambda record: record.attached.get(column.name, {}).get(record.pk, EMPTY),
        column.kind,
        column,
    )


def _kind(field: Field) -> str:
    """Return the class of a field's cells; none for a field whose cells are as wide as their text."""
    kinds: Mapping[type[Field], str] = {
        DecimalField: "number",
        DateTimeField: "when",
        DateField: "when",
        ForeignKey: "reference",
        ArrayField: "labels",
    }
    return next((kinds[ancestor] for ancestor in type(field).__mro__ if ancestor in kinds), "")


def _either_cell(fields: tuple[Field, ...], record: Any) -> SafeString:
    """Render the first value; beside a value that is no link, say which field it is of."""
    field = next((field for field in fields if getattr(record, field.attname) is not None), None)
    if field is None:
        return EMPTY
    cell = list_cell(field, record)
    if isinstance(field, ForeignKey):
        return cell
    label = str(field.verbose_name).removesuffix(" at").removesuffix(" date")
    return format_html('<span class="quiet">{}</span> {}', label, cell)
