"""Runs a load, page by page. One transaction holds the page's events, its counts and the cursor behind it.

A process that runs a page holds an advisory lock, so that no other one asks for the same page; it ends with
the process. The transaction is open while the vendor answers, and has read nothing that others wait for.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from crmmirror.lib.database.cursors import fetch_value
from entities.resource_language import Api, Resource
from entities.vendors import UnusableVendor
from events.loading import load_states
from events.loading.answers import Answer, observed_at, read_content
from events.loading.budget import (
    BudgetSpent,
    Reservation,
    release_request,
    reserve_request,
    settle_request,
)
from events.loading.client import send_request
from events.loading.list_pages import ListPage, make_query, read_page
from events.loading.listed_rows import PageContext, PageCounts, note_listed_records, read_row_id, store_rows
from events.loading.problems import (
    ApiProblem,
    CursorRefused,
    KeyRefused,
    ListRefused,
    Throttled,
    Unavailable,
)
from events.models import ApiAccess, Load, ResourceProgress
from events.processing import wakeups
from events.sources.api_keys import UnfitApiKey, get_api, read_api_key
from events.sources.encryption import NoEncryptionKey

log = structlog.get_logger(__name__)

# Any number that no other program locks in this database; the second number of the lock is the load's.
LOCK_KEY = 0x4352_4D4C
TRY_LOCK = "SELECT pg_try_advisory_xact_lock(%s, %s)"
# Back-off after failures in a row: seconds; the last one is used again.
BACK_OFF_SECONDS = (5, 15, 60, 300, 900, 3600)
# A day or so. Then somebody has to look.
MAX_FAILURES = 30
# How often a list may be begun again because its cursor was refused, before somebody has to look.
MAX_LISTINGS = 5


@dataclass(frozen=True)
class Access:
    """What a request to a source's vendor needs. key: is in no repr."""

    api: Api
    base: str
    key_digest: str
    key: str = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        return {self.api.key_header: self.api.key_prefix + self.key}

    def send(self, path: str, query: Mapping[str, str], body: Mapping[str, object] | None = None) -> Answer:
        """Send a GET, or a POST with a body of JSON. The host is never taken from an answer."""
        url = f"{self.base.rstrip('/')}/{path}"
        if body is None:
            return send_request("GET", url, query, self.headers)
        headers = self.headers | {"Content-Type": "application/json"}
        return send_request("POST", url, query, headers, json.dumps(body).encode())


def open_access(access: ApiAccess) -> Access:
    """Return what requests need. Raises UnfitApiKey, NoEncryptionKey and UnusableVendor."""
    source = access.source
    api = get_api(source)
    base = settings.VENDOR_API_ADDRESSES.get(source.vendor, api.base)
    return Access(api, base, access.digest, read_api_key(access))


def run_page(load_id: int) -> bool:
    """Run the next page of a load, if it is due; return True if another one may be run at once.

    Not in a transaction. Raises django.db.Error; then the page was not stored.
    """
    load = load_states.due_loads().select_related("source__api_access").filter(pk=load_id).first()
    if load is None:
        return False
    progress = _next_list(load)
    if progress is None:
        load_states.finish(load)
        return False
    try:
        access = open_access(load.source.api_access)
        resource = access.api.find_resource(progress.resource)
        if resource is None:
            raise UnfitApiKey(f"the vendor's module has no list {progress.resource!r} any more")
    except (UnfitApiKey, NoEncryptionKey, UnusableVendor, ApiAccess.DoesNotExist) as error:
        load_states.stop(load, f"{error}".rstrip(".") + ".")
        return False
    try:
        reservation = reserve_request(access.key_digest, access.api)
    except BudgetSpent as spent:
        load_states.wait_until(load, str(spent), spent.until)
        return False
    return _run_reserved(load, progress, access, resource, reservation)


def _next_list(load: Load) -> ResourceProgress | None:
    states = ResourceProgress.State
    return load.progress.filter(state__in=(states.RUNNING, states.WAITING)).order_by("position").first()


def _run_reserved(
    load: Load, progress: ResourceProgress, access: Access, resource: Resource, reservation: Reservation
) -> bool:
    answer: Answer | None = None
    is_sent = False
    try:
        with transaction.atomic():
            if not fetch_value(TRY_LOCK, LOCK_KEY, load.pk) or _has_moved(progress):
                return False
            is_sent = True
            try:
                answer = access.send(resource.path, make_query(resource, progress.cursor))
                _store_page(load, progress, access, resource, answer)
            except ApiProblem as problem:
                return _handle(load, progress, access, problem)
        wakeups.wake()
        return True
    finally:
        if is_sent:
            settle_request(reservation, access.api, answer)
        else:
            release_request(reservation)


def _has_moved(progress: ResourceProgress) -> bool:
    """Return True if another process has run this page since it was looked up."""
    now = ResourceProgress.objects.get(pk=progress.pk)
    return (now.state, now.cursor, now.page, now.listing) != (
        progress.state,
        progress.cursor,
        progress.page,
        progress.listing,
    )


def _store_page(
    load: Load, progress: ResourceProgress, access: Access, resource: Resource, answer: Answer
) -> None:
    """Store a page, and the cursor behind it. Raises ApiProblem."""
    content = read_content(answer, access.api.messages, access.key, has_cursor=bool(progress.cursor))
    page = read_page(resource, content, progress.cursor)
    seen_at = observed_at(answer)
    ids = [read_row_id(load.source, resource, row) for row in page.rows]
    fresh = note_listed_records(progress, [id for id in ids if id])
    if page.next_cursor is not None and not fresh and all(ids):
        raise ListRefused(
            "The list repeats itself: this page has no record that an earlier one had not, and there are"
            " more pages. Ask the vendor, then resume the load, which begins this list again."
        )
    context = PageContext(load.source, resource, progress, load.since, seen_at)
    _note_page(progress, page, store_rows(context, page.rows, ids), seen_at)
    load_states.note_running(load)


def _note_page(progress: ResourceProgress, page: ListPage, counts: PageCounts, seen_at: datetime) -> None:
    states = ResourceProgress.State
    is_last = page.next_cursor is None
    is_first = not progress.cursor
    ResourceProgress.objects.filter(pk=progress.pk).update(
        state=states.DONE if is_last else states.RUNNING,
        cursor=page.next_cursor or "",
        page=F("page") + 1,
        expected=page.expected if page.expected is not None else F("expected"),
        began_at=seen_at if is_first else F("began_at"),
        started_at=Now() if progress.started_at is None else F("started_at"),
        finished_at=Now() if is_last else None,
        **{name: F(name) + count for name, count in asdict(counts).items()},
    )


def _handle(load: Load, progress: ResourceProgress, access: Access, problem: ApiProblem) -> bool:
    """Write down what a problem means for the load; return True if another page may be run at once."""
    log.info("load_problem", load=load.pk, list=progress.resource, problem=type(problem).__name__)
    if isinstance(problem, KeyRefused):
        load_states.stop(load, problem)
        return False
    if isinstance(problem, Throttled):
        seconds = problem.seconds if problem.seconds is not None else access.api.seconds
        load_states.wait_until(load, str(problem), datetime.now(UTC) + timedelta(seconds=seconds))
        return False
    if isinstance(problem, Unavailable):
        _wait_after_failure(load, problem)
        return False
    if isinstance(problem, CursorRefused) and progress.listing + 1 < MAX_LISTINGS:
        progress_rows = ResourceProgress.objects.filter(pk=progress.pk)
        progress_rows.update(cursor="", page=0, listing=F("listing") + 1)
        return True
    _stop_list(progress, problem)
    return True


def _wait_after_failure(load: Load, problem: ApiProblem) -> None:
    if load.failures + 1 >= MAX_FAILURES:
        load_states.stop(load, f"{problem} It was tried {MAX_FAILURES} times. Resume the load later.")
        return
    pause = BACK_OFF_SECONDS[min(load.failures, len(BACK_OFF_SECONDS) - 1)]
    Load.objects.filter(pk=load.pk).update(failures=F("failures") + 1)
    load_states.wait_until(load, str(problem), datetime.now(UTC) + timedelta(seconds=pause))


def _stop_list(progress: ResourceProgress, problem: ApiProblem) -> None:
    ResourceProgress.objects.filter(pk=progress.pk).update(
        state=ResourceProgress.State.STOPPED, reason=str(problem), finished_at=Now()
    )
