"""The formats of exports, and which of them a request asks for: by `format=`, or by the header Accept."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from tempfile import TemporaryFile
from typing import BinaryIO

from django.db.models import QuerySet

from entities.api.exports import parquet_file, text_workbook
from entities.api.exports.copied_rows import copy_csv, copy_json
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
    with TemporaryFile() as source:
        copy_csv(source, rows, fields, seconds)
        source.seek(0)
        parquet_file.convert_csv(source, file, fields)


def _write_workbook(file: BinaryIO, rows: QuerySet, fields: Sequence[ShownField], seconds: int) -> None:
    deadline = time.monotonic() + seconds
    with TemporaryFile() as source:
        copy_csv(source, rows, fields, seconds)
        source.seek(0)
        text_workbook.convert_csv(source, file, deadline)


FILE_FORMATS = {
    file_format.name: file_format
    for file_format in (
        FileFormat("csv", "text/csv", copy_csv),
        FileFormat("ndjson", "application/x-ndjson", copy_json),
        FileFormat("parquet", "application/vnd.apache.parquet", _write_parquet, package=parquet_file.PACKAGE),
        FileFormat(
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            _write_workbook,
            max_rows=text_workbook.MAX_ROWS,
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
