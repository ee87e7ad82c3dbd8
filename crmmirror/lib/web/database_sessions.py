"""Django's sessions in the database, which can be read while the database takes no changes.

Django finds the engine by the name of this module, and the class by its name.
"""

from django.contrib.sessions.backends import db
from django.db import Error

from crmmirror.lib.transient_errors import is_read_only


class SessionStore(db.SessionStore):
    """A session that exists is not written while the database is read-only, as during a failover.

    A page that only reads writes the session too: to remove the messages that it has shown. They are shown
    again on the next page then. A new session, as of a login, cannot do without being written.
    """

    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except Error as error:
            if must_create or not is_read_only(error):
                raise
