"""Wake-ups: tell the workers to drain the backlog. One that is lost costs nothing: the periodic sweep replaces it."""

from celery import current_app
from kombu import Connection, Producer

from crmmirror.lib.debouncer import Debouncer

TASK = "events.tasks.drain"
# Debounce: one wake-up serves all deliveries of this time.
MIN_INTERVAL_SECONDS = 0.1
# For the brokers that speak AMQP; the settings bound what a Redis may take.
TIMEOUTS = {"read_timeout": 2, "write_timeout": 2}


class WakeupPublisher:
    """Publishes a wake-up over a connection of its own, which it opens anew after a failure."""

    def __init__(self) -> None:
        self._connection: Connection | None = None

    def __call__(self) -> None:
        """Publish. Raises whatever the broker's client raises, after a few seconds at most."""
        try:
            self._publish()
        except BaseException:
            self._drop_connection()
            raise

    def _publish(self) -> None:
        if self._connection is None:
            self._connection = _open_connection()
        channel = self._connection.default_channel
        queue = current_app.amqp.router.route({}, TASK)["queue"].bind(channel)
        # A wake-up that still waits in the queue will do: they do not pile up while no worker runs.
        if queue.queue_declare().message_count == 0:
            current_app.send_task(TASK, producer=Producer(channel), ignore_result=True, retry=False)

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.collect(socket_timeout=0.1)


def _open_connection() -> Connection:
    connection = current_app.connection_for_write()
    connection.transport_options = TIMEOUTS | (connection.transport_options or {})
    # One attempt: the library's own first use of a dead broker would go on for as long as it is dead.
    connection.ensure_connection(max_retries=0, timeout=int(connection.connect_timeout))
    return connection


debouncer = Debouncer(WakeupPublisher(), MIN_INTERVAL_SECONDS, "broker")
wake = debouncer.trigger
wake_now = debouncer.run_now
