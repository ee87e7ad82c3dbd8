"""Wake-ups: messages that tell the workers to drain the backlog.

A lost wake-up only costs time: the periodic sweep (`events.tasks.sweep`) finds what is pending.
"""

from celery import current_app
from kombu import Connection, Producer

from crmmirror.lib.debouncer import Debouncer

DRAIN_TASK = "events.tasks.drain"
# Debounce: deliveries within this time share one wake-up.
MIN_INTERVAL_SECONDS = 0.1
# For brokers that speak AMQP. For Redis, the settings have the timeouts.
BROKER_TIMEOUTS = {"read_timeout": 2, "write_timeout": 2}


class WakeupPublisher:
    """Publishes a wake-up over a connection of its own, and reconnects after a failure."""

    def __init__(self) -> None:
        self._connection: Connection | None = None

    def __call__(self) -> None:
        """Publish one wake-up. Raises whatever the broker's client raises, after a few seconds at most."""
        try:
            self._publish()
        except BaseException:
            self._drop_connection()
            raise

    def _publish(self) -> None:
        if self._connection is None:
            self._connection = _open_connection()
        channel = self._connection.default_channel
        queue = current_app.amqp.router.route({}, DRAIN_TASK)["queue"].bind(channel)
        # One waiting wake-up is enough: otherwise they would pile up while no worker runs.
        if queue.queue_declare().message_count == 0:
            current_app.send_task(DRAIN_TASK, producer=Producer(channel), ignore_result=True, retry=False)

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.collect(socket_timeout=0.1)


def _open_connection() -> Connection:
    connection = current_app.connection_for_write()
    connection.transport_options = BROKER_TIMEOUTS | (connection.transport_options or {})
    # One attempt only: left to itself, the library retries for as long as the broker is dead.
    connection.ensure_connection(max_retries=0, timeout=int(connection.connect_timeout))
    return connection


debouncer = Debouncer(WakeupPublisher(), MIN_INTERVAL_SECONDS, "broker")
wake = debouncer.trigger
wake_now = debouncer.run_now
