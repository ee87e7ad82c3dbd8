"""Django's sessions in the database: their ages, and how they are read while the database takes no changes.

Django finds the engine by the name of this module, and the class by its name.
"""

import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import DatabaseError
from django.utils import timezone

from crmmirror.lib.database.transient_errors import is_read_only

# The key of the time of the login in a session, in seconds since 1970.
LOGIN_AT = "login_at"
# How long a session lasts in which nobody is logged in: on the way to a provider, or to a second factor.
ANONYMOUS_SECONDS = 3600
# The end of a session in use is moved at most this often, so that not every request writes a row.
MOVE_SECONDS = 60


class SessionStore(db.SessionStore):
    """A session that ends SESSION_HOURS after its login, and SESSION_IDLE_MINUTES after its last request.

    Its row has the time of the end, and Django does not load a row that is past it.

    A session that exists is not written while the database is read-only, as during a failover. A page that
    only reads writes the session too: to remove the messages that it has shown. They are shown again on the
    next page then. A new session, as of a login, cannot do without being written.
    """

    def get_expiry_age(self, **_: Any) -> int:
        """Return for how many more seconds the session lasts without a request; 0 or more."""
        if SESSION_KEY not in self:
            return ANONYMOUS_SECONDS
        now = time.time()
        ages = [self.get(LOGIN_AT, now) + settings.SESSION_COOKIE_AGE - now]
        if settings.SESSION_IDLE_MINUTES:
            ages.append(settings.SESSION_IDLE_MINUTES * 60)
        return max(0, int(min(ages)))

    def get_expiry_date(self, **_: Any) -> datetime:
        """Return when the session ends without a request."""
        return timezone.now() + timedelta(seconds=self.get_expiry_age())

    def save(self, must_create: bool = False) -> None:
        try:
            if self.modified or must_create or self.session_key is None:
                super().save(must_create)
            else:
                self._move_end()
        except UpdateError as error:
            # Django raises it for each error of the database, and takes it for a session that was deleted.
            cause = error.__context__
            if not isinstance(cause, DatabaseError):
                raise
            if not is_read_only(cause):
                raise cause from cause.__cause__
        except DatabaseError as error:
            if must_create or not is_read_only(error):
                raise

    def _move_end(self) -> None:
        """Move the end of a session that nothing has changed; its content stays, which others may change."""
        end = self.get_expiry_date()
        rows = self.model.objects.filter(session_key=self.session_key)
        rows.filter(expire_date__lt=end - timedelta(seconds=MOVE_SECONDS)).update(expire_date=end)
