"""Middleware: lets lists and pages that only read be answered from a replica; from the primary otherwise.

What must be fresh stays on the primary: who somebody is, his rights and his limits, sessions, tokens, forms,
the audit log, sources, the change feed. A read that the replica does not serve is begun again, once, on the
primary, within the same time limits: reads have no effects, so that is safe.
"""

import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import MiddlewareNotUsed
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse

from crmmirror.lib.database.replica_reads import BEHIND_HEADER, NeedsPrimary, reading_from_replica
from crmmirror.lib.database.statement_timeout import statement_timeout
from crmmirror.lib.database.transient_errors import is_unanswered
from crmmirror.readers.middleware import is_export
from crmmirror.readers.replica_state import replica_monitor
from entities.access.visibility import visibility_of
from entities.models.introspection import record_models_by_name

# The key of the time of a session's last form: its pages come from the primary for a while, so that whoever
# has changed something sees it.
WROTE_AT = "wrote_at"
READ_METHODS = ("GET", "HEAD")
RECORDS = "|".join(record_models_by_name())
# The addresses that are read from the replica. All others are not: a new page is on the safe side.
REPLICA_ROUTES = re.compile(
    r"/api/v1/(?!changes/|schema/|docs/|sources/)[a-z-]+/.*"
    r"|/admin/(?:board|agenda|overdue|search|conversations)/.*"
    rf"|/admin/entities/(?:{RECORDS})/(?:|[^/]+/(?:change|timeline|value)/|export/)"
    r"|/admin/events/event/(?:|[^/]+/change/)",
    re.DOTALL,
)

Handler = Callable[[HttpRequest], HttpResponse]


def replica_middleware(get_response: Handler) -> Handler:
    """Answer what REPLICA_ROUTES names from the replica, while it is well and not too far behind.

    Raises MiddlewareNotUsed, by which Django leaves it out, without REPLICA_URL.
    """
    if not settings.REPLICA_URL:
        raise MiddlewareNotUsed

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method not in READ_METHODS and SESSION_KEY in request.session:
            request.session[WROTE_AT] = time.time()
        return response

    middleware.process_view = answer_from_replica  # type: ignore[attr-defined]
    return middleware


def answer_from_replica(request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
    """Return the view's answer from the replica; None, by which Django calls the view on the primary."""
    if request.method not in READ_METHODS or not REPLICA_ROUTES.fullmatch(request.path_info):
        return None
    if has_written_lately(request):
        return None
    state = replica_monitor.read_state()
    if not state.is_usable:
        return None
    _read_rights(request)
    try:
        with reading_from_replica(state.fresh_as_of), statement_timeout(_statement_seconds(request)):
            response = view(request, *args, **kwargs)
            if callable(getattr(response, "render", None)):
                response = response.render()
    except (NeedsPrimary, Http404):
        # What was made just now is not there yet, but a reader of the change feed may know of it.
        return None
    except (DatabaseError, InterfaceError) as error:
        if is_unanswered(error):
            replica_monitor.record_failure(error)
        return None
    if response.status_code == HTTPStatus.NOT_FOUND:
        return None
    if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        # Of the API, which answers errors of the database itself. The next look says how the replica is.
        replica_monitor.record_failure(DatabaseError("the API was not answered"))
        return None
    response.headers[BEHIND_HEADER] = f"{state.behind_seconds or 0.0:.1f}"
    return response


def has_written_lately(request: HttpRequest) -> bool:
    """Return True if the session has posted a form that the replica may not have seen yet."""
    return time.time() - request.session.get(WROTE_AT, 0) <= settings.REPLICA_MAX_SECONDS


def _read_rights(request: HttpRequest) -> None:
    """Read from the primary, and cache on the user of the session, who he is, may do and sees.

    Of a token, its authentication does the same.
    """
    user = request.user
    if user.is_authenticated:
        user.get_all_permissions()
        visibility_of(user)


def _statement_seconds(request: HttpRequest) -> float:
    """Return how long a statement may take there: half of the time, because the primary may need the rest."""
    return (settings.EXPORT_SECONDS if is_export(request) else settings.REQUEST_SECONDS) / 2
