"""The webhook endpoint: authentic deliveries become events, all else is refused."""

from datetime import UTC, datetime
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from events import bodies, intake, problems, signatures, sources, wakeups
from events.intake import Outcome, Stored
from events.outages import Outage
from events.problems import Reason, Refused
from events.secrets import NoEncryptionKey
from events.sources import Addressee

PREFIX = "/webhooks/"
UNENCODED = ("", "identity")
STATUS = {Outcome.ACCEPTED: 202, Outcome.DUPLICATE: 200, Outcome.MALFORMED: 202}

database = Outage("database")
encryption_key = Outage("encryption_key")


@csrf_exempt
@transaction.non_atomic_requests
def receive(request: HttpRequest, uuid: UUID | None = None) -> HttpResponse:
    """uuid: the source's; None for an address that is no source's."""
    try:
        stored = _take_in(request, uuid)
    except Refused as refused:
        return problems.refuse(refused)
    except DatabaseError as error:
        database.began(error)
        return problems.refuse(Refused(Reason.UNAVAILABLE, "The event could not be stored; try again."))
    database.over()
    if stored.outcome is Outcome.ACCEPTED:
        wakeups.wake()
    return _answer(stored)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The project's handler of what Django refuses before a view, such as a Host that it does not serve."""
    if not request.path_info.startswith(PREFIX):
        return defaults.bad_request(request, exception)
    return problems.refuse(Refused(Reason.REQUEST, "This Host is not served here; see ALLOWED_HOSTS."))


def _take_in(request: HttpRequest, uuid: UUID | None) -> Stored:
    if request.method != "POST":
        raise Refused(Reason.METHOD, "Post the event to this address.")
    source = sources.at_address(uuid) if uuid else None
    if source is None:
        raise Refused(Reason.UNKNOWN_SOURCE, "No active source has this address.")
    try:
        body = _authentic_body(request, source)
    except Refused as refused:
        refused.source = source.slug
        raise
    return intake.store(source, body, request.headers, datetime.now(UTC))


def _authentic_body(request: HttpRequest, source: Addressee) -> bytes:
    if request.headers.get("Content-Encoding", "").strip().lower() not in UNENCODED:
        raise Refused(Reason.ENCODING, "Send the body as it is, without a Content-Encoding.")
    _release_connection()
    body = bodies.read(request, source.max_body_bytes)
    try:
        signatures.verify(source, _secrets(source), body, request.headers)
    except signatures.OutsideWindow as unproven:
        raise Refused(Reason.TIMESTAMP, str(unproven)) from None
    except signatures.Unproven as unproven:
        raise Refused(Reason.SIGNATURE, str(unproven)) from None
    return body


def _release_connection() -> None:
    """So that senders of slow bodies hold none of the pool's connections."""
    if not connection.in_atomic_block:
        connection.close()


def _secrets(source: Addressee) -> list[str]:
    try:
        active = source.secrets()
    except NoEncryptionKey as error:
        encryption_key.began(error)
        raise Refused(Reason.UNAVAILABLE, "The signature cannot be checked now; try again.") from None
    encryption_key.over()
    return active


def _answer(stored: Stored) -> JsonResponse:
    content = {"status": stored.outcome, "event": stored.event_id}
    if stored.outcome is Outcome.MALFORMED:
        content["detail"] = stored.detail
    return JsonResponse(content, status=STATUS[stored.outcome])
