"""The scheduler of beat, which connects anew after a message that it could not send."""

from typing import Any

from celery.beat import PersistentScheduler, SchedulingError


class ReconnectingScheduler(PersistentScheduler):
    """Celery's scheduler, which would go on with a connection that works and leads to the wrong server.

    After a failover the broker's address leads to another server, but a connection stays with the former
    one, which answers that it is read-only, for as long as that server runs.
    """

    def apply_async(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().apply_async(*args, **kwargs)
        except SchedulingError:
            self._drop_connection()
            raise

    def _drop_connection(self) -> None:
        """Forget the connection; the next message makes a new one. Both attributes are cached properties."""
        self.__dict__.pop("producer", None)
        connection = self.__dict__.pop("connection", None)
        if connection is not None:
            connection.collect(socket_timeout=0.1)
