"""The view that exports a list of the admin as a file: the rows, the order and the columns that it shows.

The file is made on the disk, and sent from there once it is whole. So a file that was cut in the middle never
looks whole, and a slow download holds neither a connection nor a snapshot of the database.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPMethod
from itertools import islice
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

from django.contrib.admin import ModelAdmin
from django.contrib.admin.views.main import ERROR_FLAG, PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.utils.text import slugify
from django.utils.timezone import localtime

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.request_check import UnusableRequest
from crmmirror.lib.database.capped_count import count_up_to
from crmmirror.lib.database.replica_reads import on_primary
from entities.access.permissions import EXPORT_RECORDS
from entities.audit import identify_actor, write_audit_entry
from entities.exports import csv_file, excel_file
from entities.exports.export_columns import ExportColumn, make_export_columns
from entities.exports.export_values import Value
from entities.models import AuditAction
from entities.names import read_names, record_ids

FORMAT_PARAMETER = "format"
# What the address of a list may have and that does not change which rows there are.
POSITION_PARAMETERS = (PAGE_VAR, ERROR_FLAG)
# How many rows are in memory at a time.
CHUNK_ROWS = 2000
# How much of the file a write to the client has: Django's own 4 kB would make 250 of each megabyte.
BLOCK_BYTES = 256 * 1024
# Gives rows what the list's columns read for many rows at once.
Complete = Callable[[list[Any]], list[Any]]


@dataclass(frozen=True)
class ExportFormat:
    """A kind of file.

    write: writes headings and rows, and returns how many rows. max_rows: None without a limit.
    """

    label: str
    media_type: str
    write: Callable[[BinaryIO, Sequence[str], Iterator[list[Value]]], int]
    max_rows: int | None = None

    @property
    def limit_note(self) -> str:
        """Return how many rows a file may have, for people."""
        return "any number of rows" if self.max_rows is None else f"up to {self.max_rows:,} rows"


EXPORT_FORMATS = {
    "xlsx": ExportFormat(
        "Excel",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        excel_file.write_excel,
        excel_file.MAX_ROWS,
    ),
    "csv": ExportFormat("CSV", "text/csv; charset=utf-8", csv_file.write_csv),
}


def may_export(request: HttpRequest) -> bool:
    """Return True if the user has the right to export lists."""
    return bool(request.user.has_perm(EXPORT_RECORDS))


def export_list(admin: ModelAdmin, request: HttpRequest) -> HttpResponseBase:
    """Answer with the list that the parameters of the address select, as a file of the `format` among them.

    Raises PermissionDenied, or UnusableRequest for what the list does not have, and for too many rows.
    """
    if request.method != HTTPMethod.GET:
        return HttpResponseNotAllowed([HTTPMethod.GET])
    if not (admin.has_view_permission(request) and may_export(request)):
        raise PermissionDenied
    parameters = request.GET.copy()
    name, export_format = _find_format(parameters.pop(FORMAT_PARAMETER, [""])[-1])
    for position in POSITION_PARAMETERS:
        parameters.pop(position, None)
    # The list reads its parameters from here, and refuses those that it does not have.
    request.GET = cast(Any, parameters)
    changelist = admin.get_changelist_instance(request)
    _check_row_count(changelist.queryset, export_format)
    columns = make_export_columns(admin, changelist.list_display)
    complete = getattr(changelist, "complete", list)
    file, count = _make_file(export_format, columns, changelist.queryset, complete)
    detail = {"format": name, "rows": count, "parameters": parameters.urlencode()}
    with on_primary():
        write_audit_entry(identify_actor(request), AuditAction.EXPORT, admin.model, **detail)
    return _send(file, export_format, _make_file_name(admin.model, name))


def _find_format(name: str) -> tuple[str, ExportFormat]:
    if name not in EXPORT_FORMATS:
        raise UnusableRequest(f"There is no format {shorten(name)!r}; there are: {', '.join(EXPORT_FORMATS)}")
    return name, EXPORT_FORMATS[name]


def _check_row_count(rows: QuerySet, export_format: ExportFormat) -> None:
    """Raise UnusableRequest if the list has more rows than the format takes, before any row is written."""
    if export_format.max_rows and count_up_to(rows, export_format.max_rows) > export_format.max_rows:
        raise _too_many_rows(export_format)


def _too_many_rows(export_format: ExportFormat) -> UnusableRequest:
    return UnusableRequest(
        f"This list has more than {export_format.max_rows:,} rows, and {export_format.label} gets no more."
        " Narrow the list, or export it as CSV"
    )


def _make_file(
    export_format: ExportFormat, columns: Sequence[ExportColumn], rows: QuerySet, complete: Complete
) -> tuple[BinaryIO, int]:
    """Return a temporary file with all rows, and how many they are. Raises UnusableRequest."""
    file = TemporaryFile()  # noqa: SIM115 - the answer closes it, once it is sent.
    try:
        headings = [column.heading for column in columns]
        count = export_format.write(file, headings, _read_rows(columns, rows, complete))
    except BaseException as error:
        file.close()
        if isinstance(error, excel_file.TooManyRows):
            raise _too_many_rows(export_format) from None
        raise
    return file, count


def _read_rows(columns: Sequence[ExportColumn], rows: QuerySet, complete: Complete) -> Iterator[list[Value]]:
    """Yield the cells of each row, from a cursor of the server, which gives CHUNK_ROWS at a time.

    The names of the ids in them take one more query each time.

    In a transaction, because without one the server would first make a copy of the whole result.
    """
    readers = [column.read for column in columns]
    with transaction.atomic():
        records = rows.iterator(chunk_size=CHUNK_ROWS)
        while chunk := complete(list(islice(records, CHUNK_ROWS))):
            names = read_names(named for record in chunk for named in record_ids(record))
            for record in chunk:
                yield [read(record, names) for read in readers]


def _send(file: BinaryIO, export_format: ExportFormat, file_name: str) -> FileResponse:
    file.seek(0)
    response = FileResponse(
        file, as_attachment=True, filename=file_name, content_type=export_format.media_type
    )
    response.block_size = BLOCK_BYTES
    return response


def _make_file_name(model: type[Model], suffix: str) -> str:
    """Return a name such as deals-2025-01-15-1030.csv, with the user's own time."""
    return f"{slugify(str(model._meta.verbose_name_plural))}-{localtime():%Y-%m-%d-%H%M}.{suffix}"
