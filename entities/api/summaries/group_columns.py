"""The columns by which a summary can group, found by their kinds."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import BooleanField, Case, F, ForeignKey, When

from entities.access.visibility import Viewer
from entities.api.rows.api_columns import get_record_columns
from entities.api.rows.shown_fields import hidden_columns
from entities.history.history_columns import history_columns
from entities.models import Record
from entities.models.fields import CurrencyField, WordField
from entities.models.naming.named_refs import NamedRef, named_refs, word_fields

# Beside the words that lists offer as filters, what a model tracks, and ids that have names.
KINDS = (WordField, CurrencyField, BooleanField, ForeignKey)
# A vendor's id means something within its sub-account only, so these are groups too wherever ids are.
OWNER_KEYS = {"source": F("source__slug"), "sub_account": F("sub_account_id")}
SOURCE_ID, SCOPE = " source_id", " scope"


@dataclass(frozen=True)
class GroupColumn:
    """A column by which records are grouped.

    keys: name in the answer -> expression. columns: the model's columns that they read.
    named: if the values are ids with names, which stand beside them under `named.title`.
    is_joint: where a record has no id, its vendor's name of the thing counts, under `named.title` too.
    """

    name: str
    keys: dict[str, Any]
    columns: tuple[str, ...]
    named: NamedRef | None = None
    is_joint: bool = False


@cache
def group_columns(model: type[Record]) -> dict[str, GroupColumn]:
    """Return name -> column, in the order of the model; what several columns name comes last."""
    refs = named_refs(model)
    chosen = {*model.tracked_columns, *word_fields(model)}
    plain = [
        GroupColumn(column.name, {column.name: F(column.path)}, (column.name,))
        if column.name not in refs
        else _make_named(column.name, refs[column.name])
        for column in get_record_columns(model)
        if column.name in chosen or isinstance(column.field, KINDS)
    ]
    joint = [
        _make_named(column.name, column.named, is_joint=True)
        for column in history_columns(model).values()
        if len(column.registers) > 1 and column.named
    ]
    return {column.name: column for column in (*plain, *joint)}


def shown_groups(model: type[Record], viewer: Viewer) -> dict[str, GroupColumn]:
    """Return the columns by which a viewer may group: not by references to what he may not view."""
    hidden = hidden_columns(model, viewer)
    return {name: group for name, group in group_columns(model).items() if name not in hidden}


def hide_keys(rows: list[dict[str, Any]], model: type[Record], viewer: Viewer) -> list[dict[str, Any]]:
    """Return groups with null for the ids that are hidden from a viewer.

    Ids of things that vendors name bring their sub-account with them, which nobody has asked for.
    """
    hidden = dict.fromkeys(hidden_columns(model, viewer))
    return (
        [{name: hidden.get(name, value) for name, value in row.items()} for row in rows] if hidden else rows
    )


def _make_named(name: str, named: NamedRef, *, is_joint: bool = False) -> GroupColumn:
    keys: dict[str, Any] = {
        SOURCE_ID: F("source_id"),
        SCOPE: F("scope"),
        **OWNER_KEYS,
        named.column: F(named.column),
    }
    columns = ["source", "sub_account", named.column]
    if is_joint:
        keys[named.title] = Case(When(**{f"{named.column}__isnull": True}, then=F(named.name_column)))
        columns.append(named.name_column)
    return GroupColumn(name, keys, tuple(columns), named, is_joint)
