"""Wake-ups: few, never in the way, and lost without harm."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import current_app

from crmmirror.lib.debouncer import Debouncer
from events.processing.wakeups import MIN_INTERVAL_SECONDS, TASK, WakeupPublisher


@pytest.fixture
def queue() -> Iterator[Any]:
    """The workers' queue on the real broker, empty."""
    with current_app.connection_for_read() as connection:
        bound = current_app.amqp.router.route({}, TASK)["queue"].bind(connection.channel())
        bound.declare()
        bound.purge()
        yield bound
        bound.purge()


def eventually(holds: Callable[[], bool], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.005)
    return holds()


def waiting(queue: Any) -> int:
    return queue.queue_declare().message_count


def test_a_wake_up_asks_for_the_drain_task(queue: Any) -> None:
    assert Debouncer(WakeupPublisher(), MIN_INTERVAL_SECONDS, "broker").run_now()
    message = queue.get()
    assert message.headers["task"] == "events.tasks.drain"
    message.ack()


def test_the_task_that_wake_ups_ask_for_exists() -> None:
    current_app.loader.import_default_modules()
    assert TASK in current_app.tasks


def test_a_wake_up_that_no_worker_has_taken_will_do(queue: Any) -> None:
    publish = WakeupPublisher()
    for _ in range(5):
        publish()
    assert waiting(queue) == 1
    queue.get().ack()
    publish()
    assert waiting(queue) == 1


def test_a_wake_up_that_was_taken_is_not_counted_until_the_broker_has_heard_of_it(queue: Any) -> None:
    """Over Redis, Celery (5.7) takes no other in its place for ever if the broker is slow just then."""
    WakeupPublisher()()
    with current_app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        channel.basic_qos(0, 1, False)
        taken: list[Any] = []
        with current_app.amqp.TaskConsumer(channel, on_message=taken.append):
            connection.drain_events(timeout=5)
        assert len(taken) == 1
        assert channel.qos.can_consume()


def test_a_wake_up_goes_out_soon_and_from_any_thread(queue: Any) -> None:
    debouncer = Debouncer(WakeupPublisher(), MIN_INTERVAL_SECONDS, "broker")
    threading.Thread(target=debouncer.trigger).start()
    assert eventually(lambda: waiting(queue) == 1)


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_silent_broker_holds_a_publish_up_for_seconds_at_most(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}//"
        with current_app_at(url):
            started = time.monotonic()
            assert not Debouncer(WakeupPublisher(), MIN_INTERVAL_SECONDS, "broker").run_now()
            assert time.monotonic() - started < 5


def current_app_at(url: str) -> Any:
    from unittest.mock import patch

    return patch.dict(current_app.conf, {"broker_url": url, "broker_write_url": url})


def test_a_publisher_recovers_when_its_connection_was_lost(queue: Any) -> None:
    publish = WakeupPublisher()
    publish()
    queue.get().ack()
    with current_app.connection_for_write() as connection:
        channel: Any = connection.default_channel
        channel.client.client_kill_filter(_type="normal", skipme=True)
    debouncer = Debouncer(publish, MIN_INTERVAL_SECONDS, "broker")
    assert eventually(debouncer.run_now)
