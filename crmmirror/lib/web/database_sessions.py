"""Django's sessions in the database, which can be read while the database takes no changes.

Django finds the engine by the name of this module, and the class by its name.
"""

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import DatabaseError

from crmmirror.lib.database.transient_errors import is_read_only


class SessionStore(db.SessionStore):
    """A session that exists is not written while the database is read-only, as during a failover.

    A page that only reads writes the session too: to remove the messages that it has shown. They are shown
    again on the next page then. A new session, as of a login, cannot do without being written.
    """

    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except UpdateError as error:
            # Django raises it for each error of the database, and takes it for a session that was deleted.
            cause = error.__context__
            if not isinstance(cause, DatabaseError):
                raise
            if not is_read_only(cause):
                raise cause from cause.__cause__
