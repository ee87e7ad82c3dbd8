"""Answers a list as a file: with its filters, its order, its fields, and what the viewer sees of it."""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from http import HTTPMethod
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request

from crmmirror.lib.database.capped_count import count_up_to
from crmmirror.lib.database.replica_reads import on_primary
from entities.access.visibility import viewer_of
from entities.api.exports.export_places import take_place
from entities.api.exports.file_formats import FORMAT_PARAMETER, FileFormat
from entities.api.rows.shown_fields import ShownField
from entities.audit import identify_actor, write_audit_entry
from entities.models import ApiToken, AuditAction

# How much of the file a write to the client has.
BLOCK_BYTES = 256 * 1024


class FormatNotInstalled(APIException):
    """The mirror lacks the package that writes the format."""

    status_code = 406
    default_code = "format-not-installed"


class DownloadTooSlow(Exception):
    """The client has not read the file within DOWNLOAD_SECONDS."""


class SentFile:
    """The blocks of a file, until a deadline.

    The answer says how long the file is, so the server breaks the connection if the blocks end before.
    """

    def __init__(self, file: BinaryIO, seconds: float, release: Callable[[], None]) -> None:
        """seconds: how long sending may take. release: called when the file is sent, or not wanted."""
        self._file = file
        self._seconds = seconds
        self._release = release

    def __iter__(self) -> Iterator[bytes]:
        deadline = time.monotonic() + self._seconds
        while block := self._file.read(BLOCK_BYTES):
            if time.monotonic() > deadline:
                raise DownloadTooSlow(f"the client has not read the file in {self._seconds} seconds")
            yield block

    def close(self) -> None:
        self._file.close()
        self._release()


def export_list(
    request: Request,
    file_format: FileFormat,
    rows: QuerySet,
    fields: Sequence[ShownField],
    *,
    name: str,
) -> HttpResponseBase:
    """Return the rows as a file, after an audit entry. name: of the file, without its ending.

    Raises FormatNotInstalled, ValidationError for too many rows, and Throttled for a third export at a time;
    django.db.Error if the database does not give all rows within EXPORT_SECONDS.
    """
    if not file_format.is_installed:
        raise FormatNotInstalled(
            f"The format {file_format.name} needs the package {file_format.package}, which the mirror lacks."
        )
    headers = {
        "Content-Type": file_format.media_type,
        "Content-Disposition": f'attachment; filename="{name}.{file_format.name}"',
    }
    if request.method == HTTPMethod.HEAD:
        return HttpResponse(headers=headers)
    release = take_place(viewer_of(request))
    try:
        _check_row_count(file_format, rows)
        file = _make_file(file_format, rows, fields, partial(_audit, request, rows, file_format))
    except BaseException:
        release()
        raise
    size = file.tell()
    file.seek(0)
    content: Any = SentFile(file, settings.DOWNLOAD_SECONDS, release)
    return StreamingHttpResponse(content, headers=headers | {"Content-Length": str(size)})


def _audit(request: Request, rows: QuerySet, file_format: FileFormat, size: int) -> None:
    """Write who gets the file, and what he asked for, before any of it is sent."""
    parameters = request.GET.copy()
    parameters.pop(FORMAT_PARAMETER, None)
    detail = {
        "via": "api",
        "format": file_format.name,
        "bytes": size,
        "parameters": parameters.urlencode(),
    }
    if isinstance(request.auth, ApiToken):
        detail["token"] = request.auth.name
    with on_primary():
        write_audit_entry(identify_actor(request._request), AuditAction.EXPORT, rows.model, **detail)


def _check_row_count(file_format: FileFormat, rows: QuerySet) -> None:
    limit = file_format.max_rows
    if limit is not None and count_up_to(rows, limit) > limit:
        message = f"This list has more than {limit:,} rows, and {file_format.name} holds no more."
        raise ValidationError({FORMAT_PARAMETER: [f"{message} Narrow the list, or use csv."]})


def _make_file(
    file_format: FileFormat, rows: QuerySet, fields: Sequence[ShownField], audit: Callable[[int], object]
) -> BinaryIO:
    """Return a temporary file with all rows, at its end. audit: is called with its size."""
    file: BinaryIO = TemporaryFile()  # noqa: SIM115 - the answer closes it, once it is sent.
    try:
        file_format.write(file, rows, fields, settings.EXPORT_SECONDS)
        audit(file.tell())
    except BaseException:
        file.close()
        raise
    return file
