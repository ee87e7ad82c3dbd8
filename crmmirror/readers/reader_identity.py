"""Identifies a reader before authentication: by a token or session that has proven valid, else by address.

The limits apply before the database is asked, so a credential is believed only after this process has seen
it authenticate a request. Whoever makes up tokens or session cookies, a new one for each request, is
counted by his address too and gains nothing.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from http import HTTPStatus
from threading import Lock
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse

from crmmirror.lib.web.client_address import client_address, client_key
from entities.models import ApiToken
from entities.models.people.api_token import TOKEN_SCHEMES

# How many credentials a process remembers; beyond that, those unused for longest are counted by address.
MAX_PROVEN = 10_000
# The beginning of the keys that are no credentials.
ADDRESS = "address:"

_lock = Lock()
# A set in the order of last use (an LRU cache), of hashes: the credentials themselves are not kept.
_proven: OrderedDict[str, None] = OrderedDict()


def identify_reader(request: HttpRequest) -> list[str]:
    """Return the keys under which the limits count a request, without a query.

    They are the credential, if it has proven valid; else the credential, if there is one, and the address.
    The credential comes first: what waits for a place of its own must not hold one of the address meanwhile.
    """
    credentials = list(_read_credentials(request))
    proven = [credential for credential in credentials if credential in _proven]
    address = f"{ADDRESS}{client_key(client_address(request.META))}"
    return proven[:1] or [*credentials[:1], address]


def remember_reader(request: HttpRequest, response: HttpResponse) -> None:
    """Believe the credential that authenticated the request from now on. response: its answer."""
    credential = _find_proof(request, response)
    if not credential:
        return
    with _lock:
        _proven[credential] = None
        _proven.move_to_end(credential)
        if len(_proven) > MAX_PROVEN:
            _proven.popitem(last=False)


def _read_credentials(request: HttpRequest) -> Iterator[str]:
    """Yield the token and the session that a request names, as hashes."""
    if token := _read_token(request):
        yield _hash("token", token)
    if session := request.COOKIES.get(settings.SESSION_COOKIE_NAME):
        yield _hash("session", session)


def _read_token(request: HttpRequest) -> str:
    """Return the token of the Authorization header, read as the API's authentication does; "" if none."""
    words = request.headers.get("Authorization", "").split()
    return words[1] if len(words) == 2 and words[0].lower() in TOKEN_SCHEMES else ""


def _find_proof(request: HttpRequest, response: HttpResponse) -> str:
    """Return the credential that authenticated the request, as a hash; an empty text if none did.

    The other one that the request may name proves nothing: somebody with a session could otherwise make up
    a token for each request, and have each of them believed.
    """
    if isinstance(getattr(request, "auth", None), ApiToken):
        return _hash("token", _read_token(request))
    session: Any = getattr(request, "session", None)
    # Only if the view has read the session, which after an error is not certain: to read it is a query.
    was_read = response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR and session and session.accessed
    if not was_read or SESSION_KEY not in session:
        return ""
    cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    # A login gives the browser a new session, which the next request names.
    return _hash("session", cookie) if cookie == session.session_key else ""


def _hash(kind: str, credential: str) -> str:
    return f"{kind}:{hashlib.sha256(credential.encode()).hexdigest()}"
