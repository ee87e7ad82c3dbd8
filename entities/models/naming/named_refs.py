"""Lists the columns that hold ids with names, and the columns in which vendors send the names."""

from dataclasses import dataclass
from functools import cache

from entities.models.introspection import mirrored_fields, record_models
from entities.models.naming.name import NameKind
from entities.models.record import Record

REF_SUFFIX = "_ref"
NAME_SUFFIX = "_name"

# Column -> the kind of its ids. The vendor's name of the id is in the column that ends in `_name` instead of
# `_ref`, if the model has one: `stage_name` beside `stage_ref`.
NAMED_COLUMNS = {
    "stage_ref": NameKind.STAGE,
    "pipeline_ref": NameKind.PIPELINE,
    "owner_ref": NameKind.PERSON,
    "assignee_ref": NameKind.PERSON,
    "salesperson_ref": NameKind.PERSON,
    "calendar_ref": NameKind.CALENDAR,
    "type_ref": NameKind.APPOINTMENT_TYPE,
    "form_ref": NameKind.FORM,
}
# Ids of things that have no name in any CRM.
NAMELESS_COLUMNS = frozenset({"conversation_ref", "provider_ref"})


@dataclass(frozen=True)
class NamedRef:
    """A column of ids of one kind.

    name_column: the column in which the vendor names the id; empty if the model has none.
    title: what the column is about, which is the name's column in the API: `stage`.
    """

    column: str
    kind: NameKind
    name_column: str

    @property
    def title(self) -> str:
        return self.column.removesuffix(REF_SUFFIX)


@cache
def named_refs(model: type[Record]) -> dict[str, NamedRef]:
    """Return column -> its ids' kind and name, for the model's columns of ids that have names."""
    columns = mirrored_fields(model)
    refs = {}
    for column, kind in NAMED_COLUMNS.items():
        if column in columns:
            name_column = column.removesuffix(REF_SUFFIX) + NAME_SUFFIX
            refs[column] = NamedRef(column, kind, name_column if name_column in columns else "")
    return refs


@cache
def word_fields(model: type[Record]) -> tuple[str, ...]:
    """Return the columns of which the words in use are kept: those of words, and of ids that have names."""
    return (*model.word_columns, *named_refs(model))


def columns_of_kind(kind: str) -> list[tuple[type[Record], str]]:
    """Return every model with the column in which it has ids of this kind."""
    if kind == NameKind.SUB_ACCOUNT:
        return [(model, "scope") for model in record_models() if model.name_kind != kind]
    return [(model, column) for model in record_models() for column in list_ref_columns(model, kind)]


def list_ref_columns(model: type[Record], kind: str) -> list[str]:
    """Return the columns in which a model has ids of this kind."""
    return [ref.column for ref in named_refs(model).values() if ref.kind == kind]
