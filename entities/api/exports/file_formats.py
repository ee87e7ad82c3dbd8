"""The formats of exports, and which of them a request asks for: by `format=`, or by the header Accept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import BinaryIO

from django.db.models import QuerySet

from entities.api.exports.copied_rows import copy_csv, copy_json, read_csv_rows
from entities.api.exports.parquet_file import PACKAGE, write_parquet
from entities.api.exports.text_workbook import MAX_ROWS, write_workbook
from entities.api.rows.shown_fields import ShownField

FORMAT_PARAMETER = "format"
# The name of the paged answer, which is no export.
PAGED = "json"


@dataclass(frozen=True)
class FileFormat:
    """A kind of file.

    write: writes rows with fields into a file, within so many seconds. package: what it needs to be
    installed. max_rows: None without a limit.
    """

    name: str
    media_type: str
    write: Callable[[BinaryIO, QuerySet, Sequence[ShownField], int], None]
    package: str = ""
    max_rows: int | None = None

    @property
    def is_installed(self) -> bool:
        return not self.package or find_spec(self.package) is not None


def _write_parquet(file: BinaryIO, rows: QuerySet, fields: Sequence[ShownField], seconds: int) -> None:
    write_parquet(file, read_csv_rows(rows, fields, seconds), fields)


def _write_workbook(file: BinaryIO, rows: QuerySet, fields: Sequence[ShownField], seconds: int) -> None:
    write_workbook(file, [field.name for field in fields], read_csv_rows(rows, fields, seconds))


FILE_FORMATS = {
    file_format.name: file_format
    for file_format in (
        FileFormat("csv", "text/csv", copy_csv),
        FileFormat("ndjson", "application/x-ndjson", copy_json),
        FileFormat("parquet", "application/vnd.apache.parquet", _write_parquet, package=PACKAGE),
        FileFormat(
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            _write_workbook,
            max_rows=MAX_ROWS,
        ),
    )
}
MEDIA_TYPES = {file_format.media_type: file_format for file_format in FILE_FORMATS.values()}


def find_format(parameter: str | None, accept: str) -> FileFormat | None:
    """Return the format that a request asks for; None for pages, and for a name that is unknown.

    parameter: the value of `format`, which comes before the header. accept: the header; of the media types in
    it the first one that is served counts.
    """
    if parameter is not None:
        return FILE_FORMATS.get(parameter)
    for part in accept.split(","):
        media_type = part.partition(";")[0].strip().lower()
        if media_type in MEDIA_TYPES:
            return MEDIA_TYPES[media_type]
        if media_type in ("*/*", "application/*", "application/json"):
            return None
    return None
