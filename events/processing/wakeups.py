"""Wake-ups: messages that tell the workers to drain the backlog; and a check that the broker takes them.

A lost wake-up only costs time: the periodic sweep (`events.tasks.sweep`) finds what is pending.
"""

from contextlib import closing

from celery import current_app
from kombu import Connection, Producer, Queue

from crmmirror.lib.debouncer import Debouncer

DRAIN_TASK = "events.tasks.drain"
# Debounce: deliveries within this time share one wake-up.
MIN_INTERVAL_SECONDS = 0.1
# For brokers that speak AMQP. One that is out of memory or disk takes a message, and does not confirm it.
# For Redis, the settings have the timeouts.
AMQP_OPTIONS = {"read_timeout": 2, "write_timeout": 2, "confirm_publish": True}
# Holds the messages of `check_broker_takes_messages` for a moment. The broker deletes it if it is not used.
CHECK_QUEUE = Queue("crmmirror.check", routing_key="crmmirror.check", expires=10.0)


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


def check_broker_takes_messages() -> None:
    """Publish a message as wake-ups are, and remove it again. Raises whatever the broker's client raises.

    A broker may answer and take no message, as a read-only replica does, or one that is out of memory. No
    wake-up serves as the check, because none is published while one waits.
    """
    with closing(_open_connection()) as connection:
        queue = CHECK_QUEUE.bind(connection.default_channel)
        queue.declare()
        Producer(connection.default_channel).publish({}, routing_key=queue.name, retry=False)
        queue.purge()


def _open_connection() -> Connection:
    connection = current_app.connection_for_write()
    connection.transport_options = AMQP_OPTIONS | (connection.transport_options or {})
    # One attempt only: left to itself, the library retries for as long as the broker is dead.
    connection.ensure_connection(max_retries=0, timeout=int(connection.connect_timeout))
    return connection


debouncer = Debouncer(WakeupPublisher(), MIN_INTERVAL_SECONDS, "broker")
wake = debouncer.trigger
wake_now = debouncer.run_now
