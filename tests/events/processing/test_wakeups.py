"""Wake-ups: they are few, never block a delivery, and may be lost without harm."""

import os
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
    """The workers' queue on the real broker, empty."""
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
    """Over Redis, Celery (5.7) would otherwise never take another if the broker is slow just then."""
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


def test_many_wake_ups_at_once_are_few_publishes() -> None:
    published: list[float] = []
    debouncer = Debouncer(lambda: published.append(time.monotonic()), 0.05, "broker")
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        debouncer.trigger()
        time.sleep(0.001)
    assert 2 <= len(published) <= 11


def test_a_wake_up_during_a_publish_is_not_lost() -> None:
    started, go_on = threading.Event(), threading.Event()
    published: list[int] = []

    def publish() -> None:
        started.set()
        go_on.wait(5)
        published.append(1)

    debouncer = Debouncer(publish, 0, "broker")
    debouncer.trigger()
    started.wait(5)
    debouncer.trigger()
    go_on.set()
    assert wait_until(lambda: len(published) == 2)


def test_waking_neither_waits_nor_raises_whatever_the_broker_does() -> None:
    silence = threading.Event()

    def publish() -> None:
        silence.wait(5)
        raise ConnectionResetError

    debouncer = Debouncer(publish, MIN_INTERVAL_SECONDS, "broker")
    started = time.monotonic()
    for _ in range(1000):
        debouncer.trigger()
    assert time.monotonic() - started < 1
    silence.set()


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


def test_the_broker_going_and_coming_back_is_a_line_each(caplog: pytest.LogCaptureFixture) -> None:
    state = {"away": True}

    def publish() -> None:
        if state["away"]:
            raise ConnectionRefusedError

    debouncer = Debouncer(publish, MIN_INTERVAL_SECONDS, "broker")
    for away in (True, True, False, False, True):
        state["away"] = away
        debouncer.run_now()
    lines = [word for word in caplog.text.split() if "broker_" in word]
    assert [line.strip("'\",") for line in lines] == ["broker_away", "broker_back", "broker_away"]


def test_a_forked_child_wakes_with_a_thread_of_its_own() -> None:
    published = threading.Event()
    debouncer = Debouncer(published.set, MIN_INTERVAL_SECONDS, "broker")
    debouncer.trigger()
    assert published.wait(5)
    published.clear()
    child = os.fork()
    if child == 0:
        debouncer.trigger()
        os._exit(0 if published.wait(5) else 1)
    assert os.waitpid(child, 0)[1] == 0
