"""Database expressions that write each field of a row, so that pages and exports show one value.

Formatting a time costs the database half a microsecond, and Python eight with reading it; a page of 500 deals
has 4,000 of them.
"""

from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import Aggregate, Case, Expression, F, Func, Q, Subquery, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast, Coalesce, Concat, Length, NullIf

from entities.api.rows.shown_fields import EXTRA, ShownField, object_columns
from entities.models import Name

TEXT = models.TextField()
# Columns whose values the database writes as text.
WRITTEN_FIELDS = (models.DateTimeField, models.DecimalField)
# How many are kept; the keys of documents that may be asked for have no end.
MAX_COMPILED = 2000


class WriteTime(Func):
    """A time in UTC, always with six decimals, as `json_values.write_time` writes it."""

    template = """to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    output_field = TEXT


class WriteAmount(Func):
    """An amount as text with two decimals, or with as many more as it needs: 5.00, 0.1234."""

    template = (
        "(CASE WHEN scale(trim_scale(%(expressions)s)) <= 2 THEN round(%(expressions)s, 2)"
        " ELSE trim_scale(%(expressions)s) END)::text"
    )
    output_field = TEXT


class HasLongIntegers(Func):
    """A test: True for a document that has an integer of more than 64 bits, at any depth."""

    template = (
        'jsonb_path_exists(%(expressions)s, \'$.** ? (@.type() == "number"'
        " && (@ > 9223372036854775807 || @ < -9223372036854775808))')"
    )
    output_field = models.BooleanField()


class RebuildDocument(Func):
    """A document whose integers of more than 64 bits are text, as `json_values.shorten_integers` does it."""

    function = "entities_shorten_integers"
    output_field = models.JSONField()


class AggregateNames(Aggregate):
    """An object of keys and values."""

    function = "jsonb_object_agg"
    output_field = models.JSONField()


class LookUp(Func):
    """The text at a key of an object."""

    template, arg_joiner = "(%(expressions)s)", " ->> "
    output_field = TEXT


class TypeOf(Func):
    """The kind of a document: object, array, string, …"""

    function = "jsonb_typeof"
    output_field = TEXT


class Merge(Func):
    """An object with the keys of another one added."""

    template, arg_joiner = "(%(expressions)s)", " || "
    output_field = models.JSONField()


def make_value(field: ShownField) -> Expression | F:
    """Return the value of a field as the column's type has it: a time, an amount, a document, an id."""
    if field.is_hidden:
        return Cast(Value(None), models.BigIntegerField())
    if field.ref:
        return _find_name(field)
    if not field.is_document:
        return F(field.column.path)
    document = _make_document(field)
    return _shorten_integers(KeyTransform(field.key, document) if field.key else document)


def is_plain(field: ShownField) -> bool:
    """Return True if the value in the table is the one that JSON has."""
    value_field = field.column.value_field
    is_written = field.ref or field.is_document or isinstance(value_field, WRITTEN_FIELDS)
    return not (field.is_hidden or is_written)


@lru_cache(maxsize=MAX_COMPILED)
def compile_json_value(field: ShownField) -> RawSQL:
    """Return what `make_json_value` returns, as SQL, from the cache after the first call.

    Django takes half a millisecond to resolve such an expression, each time: 16 ms for a page of one deal.
    """
    query = field.column.field.model._default_manager.annotate(shown_value=make_json_value(field)).query
    expression = query.annotations["shown_value"]
    statement, parameters = query.get_compiler(DEFAULT_DB_ALIAS).compile(expression)
    return RawSQL(statement, tuple(parameters), expression.output_field)  # noqa: S611 - made here


def make_json_value(field: ShownField) -> Expression | F:
    """Return the value of a field as JSON has it: times are texts."""
    value = make_value(field)
    if field.ref or field.key:
        return value
    match field.column.value_field:
        case models.DateTimeField():
            return WriteTime(value)
        case models.DecimalField():
            return WriteAmount(value)
    return value


def _shorten_integers(document: Any) -> Expression:
    return Case(
        When(HasLongIntegers(document), then=RebuildDocument(document)),
        default=document,
        output_field=models.JSONField(),
    )


def _make_document(field: ShownField) -> Any:
    """Return the document of a column; of one that is to be an object only if it is one.

    What a vendor sent in place of such an object stands in `extra` under the column's name, with a `_` after
    it if the vendor has sent such a key itself.
    """
    name = field.column.name
    columns = object_columns(field.column.field.model)
    if name in columns:
        return Case(When(_is_object(name), then=F(name)), output_field=models.JSONField())
    if name != EXTRA or not columns:
        return F(name)
    extra: Any = F(EXTRA)
    for column in columns:
        is_shown = _is_object(column) | Q(**{f"{column}__isnull": True})
        key = Case(When(**{f"{EXTRA}__has_key": column}, then=Value(f"{column}_")), default=Value(column))
        merged = Merge(extra, _BuildObject(key, F(column)))
        extra = Case(When(is_shown, then=extra), default=merged, output_field=models.JSONField())
    return extra


class _BuildObject(Func):
    function = "jsonb_build_object"
    output_field = models.JSONField()


def _is_object(column: str) -> Any:
    return models.lookups.Exact(TypeOf(F(column)), Value("object"))


def _find_name(field: ShownField) -> Expression:
    """Return the name of the id in a column, as `entities.names.Names.find_in_column` does.

    The sub-account's name comes first, then the source's, then what the record itself says. All names of the
    kind are one object of the database, made once a statement: to look up an id in it takes 0.1 µs, and in
    the table seven.
    """
    assert field.ref is not None  # noqa: S101
    found = [
        LookUp(_all_names(field.ref.kind), _name_key(scope, field.column.name))
        for scope in (F("scope"), Value(""))
    ]
    own = [F(field.ref.name_column)] if field.ref.name_column else []
    return Coalesce(*found, *own, output_field=TEXT)


def _all_names(kind: str) -> Subquery:
    """Return an object with the names of a kind, staff's before the vendor's, by `_name_key`."""
    shown = Coalesce(NullIf("name", Value("")), NullIf("vendor_name", Value("")), output_field=TEXT)
    names = Name.objects.filter(kind=kind).exclude(name="", vendor_name="").order_by()
    return Subquery(
        names.values("kind").annotate(all=AggregateNames(_name_key(F("scope"), "ref"), shown)).values("all")
    )


def _name_key(scope: Any, ref: str) -> Expression:
    """Return the text that identifies an id. The length keeps apart what scope and id are made of."""
    return Concat(
        Cast("source_id", TEXT),
        Value(" "),
        Cast(Length(scope), TEXT),
        Value(" "),
        scope,
        F(ref),
        output_field=TEXT,
    )
