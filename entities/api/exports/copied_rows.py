"""Copies rows from the database into a file, as CSV or as JSON, by COPY: no row becomes an object here."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import EmptyResultSet
from django.db import connection, models, transaction
from django.db.models import Func, QuerySet
from django.db.models.functions import Cast

from entities.api.rows.row_expressions import TEXT, make_json_value
from entities.api.rows.shown_fields import ShownField

# Neither character is in JSON, so that no text of JSON is quoted.
AS_IT_IS = "FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01'"
AS_CSV = "FORMAT csv"
# RFC 4180; the database ends lines without the first one.
LINE_END = b"\r\n"


class ToJson(Func):
    """A value as JSON."""

    function = "to_json"
    output_field = models.JSONField()


def copy_csv(file: BinaryIO, rows: QuerySet, fields: Sequence[ShownField], seconds: int) -> None:
    """Write a heading and the rows as CSV (RFC 4180): null is empty, and an empty text is "".

    Documents and lists are JSON. seconds: how long the database may take.
    """
    heading = io.StringIO()
    csv.writer(heading).writerow([field.name for field in fields])
    file.write(heading.getvalue().encode())
    for row in read_csv_rows(rows, fields, seconds):
        file.write(row[:-1])
        file.write(LINE_END)


def read_csv_rows(rows: QuerySet, fields: Sequence[ShownField], seconds: int) -> Iterator[bytes]:
    """Yield each row as CSV, as `copy_csv` describes it, with a single LF at its end."""
    statement, parameters = _select(rows, fields, as_text=True)
    with _copying(f"COPY ({statement}) TO STDOUT ({AS_CSV})", parameters, seconds) as copy:
        yield from map(bytes, copy)


def copy_json(file: BinaryIO, rows: QuerySet, fields: Sequence[ShownField], seconds: int) -> None:
    """Write each row as an object of JSON in a line of its own."""
    statement, parameters = _select(rows, fields, as_text=False)
    # The names are texts and not those of columns, which the database cuts at 63 bytes. A list of members,
    # because `json_build_object` takes 50 of them at most.
    members = ", ".join(
        f"%s || coalesce(to_json(shown_{number})::text, 'null')" for number in range(len(fields))
    )
    statement = f"SELECT '{{' || array_to_string(ARRAY[{members}], ',') || '}}' FROM ({statement}) AS shown"
    names = [f"{json.dumps(field.name, ensure_ascii=False)}:" for field in fields]
    with _copying(f"COPY ({statement}) TO STDOUT ({AS_IT_IS})", (*names, *parameters), seconds) as copy:
        for row in copy:
            file.write(row)


@contextmanager
def _copying(statement: str, parameters: Sequence[Any], seconds: int) -> Iterator[Any]:
    """Yield the rows of a COPY. Raises django.db.Error if the database does not finish it."""
    with connection.wrap_database_errors, transaction.atomic(), connection.cursor() as cursor:
        # A reader's statement may take less: COPY is one statement for all rows.
        cursor.execute(f"SET LOCAL statement_timeout = {seconds * 1000:d}")
        with cursor.copy(cursor.mogrify(statement, parameters)) as copy:
            yield copy


def _select(rows: QuerySet, fields: Sequence[ShownField], *, as_text: bool) -> tuple[str, Sequence[Any]]:
    """Return the statement that selects the fields, and its parameters. as_text: as CSV has them."""
    shown = {
        f"shown_{number}": (_make_text if as_text else make_json_value)(field)
        for number, field in enumerate(fields)
    }
    selected = rows.annotate(**shown).values_list(*shown)
    try:
        return selected.query.sql_with_params()
    except EmptyResultSet:
        # The filters let nothing through, and Django has no statement for that. No row has the id 0.
        nothing = rows.model._default_manager.filter(pk=0)
        return nothing.annotate(**shown).values_list(*shown).query.sql_with_params()


def _make_text(field: ShownField) -> Any:
    """Return the value of a field as CSV has it."""
    value = make_json_value(field)
    if field.ref or field.is_document:
        return value
    match field.column.value_field:
        case models.BooleanField():
            return Cast(value, TEXT)
        case ArrayField():
            return ToJson(value)
    return value
