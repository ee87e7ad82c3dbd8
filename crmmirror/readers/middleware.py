"""Middleware for readers: connections of their own, limits for each reader, and time limits."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

import structlog
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from crmmirror.lib.database.statement_timeout import statement_timeout
from crmmirror.lib.log_bound import LogBound, shorten_line
from crmmirror.lib.token_bucket import Limit
from crmmirror.lib.web.busy_responses import Busy, busy_response
from crmmirror.postgresql.pools import Pool, use_pool
from crmmirror.readers.rate_limit_headers import make_headers
from crmmirror.readers.reader_identity import ADDRESS, identify_reader, remember_reader
from crmmirror.readers.reader_limits import Bounds, ReaderLimits, ReaderRefused
from entities.api.exports.file_formats import FORMAT_PARAMETER, find_format

# How much longer than STATEMENT_SECONDS this side waits: a server that works cuts the statement before.
FROZEN_SERVER_SECONDS = 5.0
# How long a request waits for its turn. As many may wait as run: a person may open several pages in tabs.
WAIT_SECONDS = 3.0
WORK_PERIOD_SECONDS = 60

log = structlog.get_logger(__name__)
log_bound = LogBound()
Handler = Callable[[HttpRequest], HttpResponse]


def make_bounds(whose: str, running: int, work: Limit | None = None) -> Bounds:
    """Return bounds with as many requests that wait as run: of the connections, half at most."""
    running = min(running, max(1, settings.READER_CONNECTIONS // 2))
    return Bounds(whose, running, running, WAIT_SECONDS, work)


READER_BOUNDS = make_bounds(
    "one token or session", settings.REQUESTS_PER_READER, Limit(settings.READER_SECONDS, WORK_PERIOD_SECONDS)
)
# Wider, because several people of one house may be about to log in. Without a limit on work: whoever is not
# let in causes little, and must not be able to keep out those who share his address.
ADDRESS_BOUNDS = make_bounds("one address without a valid token or session", 2 * settings.REQUESTS_PER_READER)
# What is answered from memory waits for the processor only: more threads only get in each other's way, and in
# that of deliveries. 20 clients without pause, measured on 2 cores for 12 s: with one thread 22,000 answers,
# and deliveries' median was 24 ms; with 8 threads 9,000 and 32 ms.
PATH_BOUNDS = {
    path: Bounds("the schema", running=1, waiting=15, wait_seconds=WAIT_SECONDS)
    for path in ("/api/v1/schema/", "/api/v1/docs/schema/")
}

# Exports of lists take longer than any page: the processor for most of the time, and room on the disk.
EXPORT_PATH = re.compile(r"/admin/[^/]+/[^/]+/export/")
# Of the API every list can be one.
API_PREFIX = "/api/"
EXPORT_BOUNDS = Bounds("exports", running=2, waiting=2, wait_seconds=WAIT_SECONDS)

# As many may run or wait as two for each connection.
reader_limits = ReaderLimits(total=2 * settings.READER_CONNECTIONS)


def _log_refusal(path: str, busy: Busy) -> None:
    """Log one line a minute for each kind of refusal, however many there are."""
    fields = {"status": busy.status.value, "reason": busy.heading, "path": shorten_line(path)}
    log_bound.write(busy.heading, log.warning, "readers_refused", **fields)


def find_bounds(request: HttpRequest) -> dict[str, Bounds]:
    """Return the bounds of a request by the keys under which it counts, in the order of its waits.

    The narrowest come first: who waits for it must not hold a place that others wait for.
    """
    path = request.path_info
    bounds = {path: PATH_BOUNDS[path]} if path in PATH_BOUNDS else {}
    if is_export(request):
        bounds["exports"] = EXPORT_BOUNDS
    keys = identify_reader(request)
    return bounds | {key: ADDRESS_BOUNDS if key.startswith(ADDRESS) else READER_BOUNDS for key in keys}


def is_export(request: HttpRequest) -> bool:
    """Return True if the request asks for an export of a list."""
    if request.path_info.startswith(API_PREFIX):
        # In request.GET, a query with too many parameters would be an error, and here an HTML page.
        parameters = dict(parse_qsl(request.META.get("QUERY_STRING", ""), keep_blank_values=True))
        return find_format(parameters.get(FORMAT_PARAMETER), request.headers.get("Accept", "")) is not None
    return EXPORT_PATH.fullmatch(request.path_info) is not None


def tell_budget(response: HttpResponse, bounds_by_key: Mapping[str, Bounds]) -> None:
    """Add the headers that say what is left for the token or session, if the request names one."""
    for key, bounds in bounds_by_key.items():
        if bounds is READER_BOUNDS:
            for name, value in make_headers(reader_limits.measure(key, bounds)).items():
                response.headers[name] = value


def give_connection_back() -> None:
    """Let others use the connection, because nothing that remains to be done needs it."""
    if not connection.in_atomic_block:
        connection.close()


def reader_middleware(get_response: Handler) -> Handler:
    """Answer a request with a connection of the readers' pool, within the limits of its reader.

    The server cuts a statement after STATEMENT_SECONDS. This side ends the wait for a server that is frozen
    and so cuts nothing, and lets all statements of the request together take REQUEST_SECONDS, or
    EXPORT_SECONDS.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        seconds = settings.STATEMENT_SECONDS + FROZEN_SERVER_SECONDS
        total = settings.EXPORT_SECONDS if is_export(request) else settings.REQUEST_SECONDS
        with use_pool(Pool.READERS), statement_timeout(seconds, total=total):
            response = get_response(request)
        if response.streaming:
            # A file, which is sent from the disk: a slow client must not hold a connection.
            give_connection_back()
        return response

    def middleware(request: HttpRequest) -> HttpResponse:
        bounds = find_bounds(request)
        try:
            with reader_limits.admit(bounds):
                response = answer(request)
        except ReaderRefused as refused:
            _log_refusal(request.path, refused.busy)
            response = busy_response(request, refused.busy)
        else:
            remember_reader(request, response)
        if request.path_info.startswith(API_PREFIX):
            tell_budget(response, bounds)
        return response

    return middleware
