"""Asks the workers to drain what is pending. A wake-up may be lost: the periodic sweep replaces it.

Publishing happens in a thread of its own, so that a broker that is gone or silent adds nothing to
the answer that a vendor waits for.
"""

import os
import threading
import time
from collections.abc import Callable

from celery import current_app
from kombu import Connection, Producer

from events.outages import Outage

TASK = "events.tasks.drain"
PAUSE_SECONDS = 0.1
PAUSE_AFTER_FAILURE_SECONDS = 1.0
# For the brokers that speak AMQP; the settings bound what a Redis may take.
TIMEOUTS = {"read_timeout": 2, "write_timeout": 2}


class Publisher:
    """Publishes the wake-up over a connection of its own, which it opens anew after a failure."""

    def __init__(self) -> None:
        self._connection: Connection | None = None

    def __call__(self) -> None:
        """Raises whatever the broker's client raises, after at most a few seconds."""
        try:
            self._publish()
        except BaseException:
            self._forget()
            raise

    def _publish(self) -> None:
        if self._connection is None:
            self._connection = _connection()
        channel = self._connection.default_channel
        queue = current_app.amqp.router.route({}, TASK)["queue"].bind(channel)
        # One that no worker has taken yet will do: they do not pile up while no worker runs.
        if queue.queue_declare().message_count == 0:
            current_app.send_task(TASK, producer=Producer(channel), ignore_result=True, retry=False)

    def _forget(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.collect(socket_timeout=0.1)


class Waker:
    """Turns any number of `wake` calls into at most one publish a pause, in a daemon thread.

    thing: what publishing needs, as the log names it.
    """

    def __init__(
        self, publish: Callable[[], None], pause: float = PAUSE_SECONDS, thing: str = "broker"
    ) -> None:
        self._publish = publish
        self._pause = pause
        self._outage = Outage(thing)
        self._start_over()
        os.register_at_fork(after_in_child=self._start_over)

    def wake(self) -> None:
        """Returns at once, and never raises."""
        if self._asked.is_set():
            return
        self._asked.set()
        if self._thread is None:
            self._start()

    def wake_now(self) -> bool:
        """Publishes in the calling thread, for a process that is about to end; whether it went out."""
        try:
            self._publish()
        except Exception as error:
            self._outage.began(error)
            return False
        self._outage.over()
        return True

    def _start_over(self) -> None:
        """Threads, and what they hold, do not survive a fork."""
        self._asked = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="wakeups", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._asked.wait()
            self._asked.clear()
            time.sleep(self._pause if self.wake_now() else PAUSE_AFTER_FAILURE_SECONDS)


def _connection() -> Connection:
    connection = current_app.connection_for_write()
    connection.transport_options = TIMEOUTS | (connection.transport_options or {})
    # One try: the library's own first use of a dead broker would go on for as long as it is dead.
    connection.ensure_connection(max_retries=0, timeout=int(connection.connect_timeout))
    return connection


waker = Waker(Publisher())
wake = waker.wake
wake_now = waker.wake_now
