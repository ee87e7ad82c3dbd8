"""Wake-ups: they are few, never block a delivery, and may be lost without harm."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import current_app

from crmmirror.lib.debouncer import Debouncer
from events.processing.wakeups import DRAIN_TASK, MIN_INTERVAL_SECONDS, WakeupPublisher


@pytest.fixture
def queue() -> Iterator[Any]:
    """Return the workers' queue on the real broker, emptied."""
    with current_app.connection_for_read() as connection:
        bound = current_app.amqp.router.route({}, DRAIN_TASK)["queue"].bind(connection.channel())
        bound.declare()
        bound.purge()
        yield bound
        bound.purge()


def wait_until(condition: Callable[[], bool], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


def waiting_messages(queue: Any) -> int:
    return queue.queue_declare().message_count


def test_a_wake_up_asks_for_the_drain_task(queue: Any) -> None:
    assert Debouncer(WakeupPublisher(), MIN_INTERVAL_SECONDS, "broker").run_now()
    message = queue.get()
    assert message.headers["task"] == "events.tasks.drain"
    message.ack()


def test_the_task_that_wake_ups_ask_for_exists() -> None:
    current_app.loader.import_default_modules()
    assert DRAIN_TASK in current_app.tasks


def test_no_second_wake_up_is_published_while_one_waits(queue: Any) -> None:
    publish = WakeupPublisher()
    for _ in range(5):
        publish()
    assert waiting_messages(queue) == 1
    queue.get().ack()
    publish()
    assert waiting_messages(queue) == 1


def test_a_worker_that_took_a_wake_up_can_take_the_next(queue: Any) -> None:
    """Over Redis, a worker of Celery 5.7 would otherwise take no message again after a slow answer."""
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
    assert wait_until(lambda: waiting_messages(queue) == 1)


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
    assert wait_until(debouncer.run_now)
