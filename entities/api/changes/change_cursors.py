"""The cursors of the change feed: encrypted, because the numbers in them count what others may not see."""

import base64
import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from rest_framework.exceptions import APIException, ValidationError

from entities.access.visibility import Viewer
from entities.api.changes.reader_scope import ReaderScope, ScopeDocument
from entities.feed.feed_position import FeedPosition, read_position

CHANGES_CURSOR_HEADER = "X-Changes-Cursor"
# A scope that is longer as JSON stands in a cursor as its digest: the cursor has to fit into an address.
MAX_SCOPE_LENGTH = 600


class CursorExpired(APIException):
    """Nothing can go on from this cursor: the copy has to be loaded anew."""

    status_code = 410
    default_detail = (
        "This cursor is of another life of the database, which was restored or made anew since. Start again:"
        " drop your copy, and load it without a cursor."
    )
    default_code = "cursor-expired"


SCOPE_CHANGED = (
    "What you may see has changed since this cursor was given, by too much to tell. Start again: drop your"
    " copy, and load it without a cursor."
)


@dataclass(frozen=True)
class ChangesCursor:
    """A place in the feed: what a copy holds.

    life, number: the copy has every change up to this number of this life (see `FeedPosition`).
    scope: what its reader saw then, as a document, or as the digest of a long one.
    filters: the parameters that it was given for; None if for any.
    walk: where a reader whose scope has changed is: the last number that he was told of, and the digest of
        the scope that he changes to.
    """

    life: str
    number: int
    scope: ScopeDocument | str
    filters: dict[str, Any] | None = None
    walk: tuple[int, str] | None = None

    def __str__(self) -> str:
        return _make_cipher().encrypt(json.dumps(asdict(self)).encode()).decode()

    @property
    def scope_digest(self) -> str:
        return self.scope if isinstance(self.scope, str) else ReaderScope.load(self.scope).digest()

    def load_scope(self) -> ReaderScope:
        """Return the reader's scope of then. Raises CursorExpired if it was too long to stand in a cursor."""
        if isinstance(self.scope, str):
            raise CursorExpired(SCOPE_CHANGED)
        return ReaderScope.load(self.scope)


def make_cursor(
    position: FeedPosition, scope: ReaderScope, filters: dict[str, Any] | None = None
) -> ChangesCursor:
    """Return the cursor of a copy that is complete up to a position."""
    document = scope.dump()
    is_short = len(json.dumps(document)) <= MAX_SCOPE_LENGTH
    return ChangesCursor(position.life, position.number, document if is_short else scope.digest(), filters)


def read_changes_cursor(viewer: Viewer) -> str:
    """Return the cursor from which to follow what is read after this call, by lists and exports.

    What a transaction commits after this statement gets a greater number, so nothing is missed; what is
    committed between it and the reading comes twice. One query.
    """
    return str(make_cursor(read_position(), ReaderScope.of(viewer)))


def load_cursor(text: str, parameter: str, position: FeedPosition) -> ChangesCursor:
    """Return the cursor that a client sends back. parameter: in which. position: the end of the feed.

    Raises ValidationError if it is none of this API, and CursorExpired if it is of another life.
    """
    try:
        document = json.loads(_make_cipher().decrypt(text.encode()))
    except InvalidToken:
        message = "This is not a cursor of the change feed. Send one that an answer gave, or none."
        raise ValidationError({parameter: [message]}) from None
    walk = document.pop("walk")
    cursor = ChangesCursor(**document, walk=(walk[0], walk[1]) if walk else None)
    if not FeedPosition(cursor.life, cursor.number).precedes(position):
        raise CursorExpired
    return cursor


def _make_cipher() -> MultiFernet:
    """Return the cipher of the present secret key, which also reads what former ones have written."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    digests = (hashlib.sha256(f"entities.api.changes:{key}".encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
