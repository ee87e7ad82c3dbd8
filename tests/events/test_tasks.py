"""The Celery tasks while the database or the broker is away: the next sweep does what they could not."""

from collections.abc import Callable

import pytest
from django.db import DataError, OperationalError
from psycopg import errors

from crmmirror.lib.circuit_breaker import CircuitBreaker
from crmmirror.lib.database import required_migrations
from crmmirror.lib.debouncer import Debouncer
from events import tasks
from events.processing.wakeups import WakeupPublisher
from events.pruning.prune import PruningLocked, PruningRun
from tests.events.processing.test_wakeups import current_app_at
from tests.support.ports import HOST, free_port


@pytest.fixture(autouse=True)
def closed_circuits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace circuit breakers that earlier tests may have opened."""
    monkeypatch.setattr(tasks, "database_circuit", CircuitBreaker("database"))
    monkeypatch.setattr(tasks, "wake_now", Debouncer(WakeupPublisher(), 0, "broker").run_now)


@pytest.fixture(autouse=True)
def applied_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the tasks the query for missing migrations: there is no database here."""
    monkeypatch.setattr(required_migrations, "find_missing_migrations", list)


def fails_with(monkeypatch: pytest.MonkeyPatch, error: Exception, cause: Exception | None) -> None:
    def fail(*_: object, **__: object) -> int:
        raise error from cause

    monkeypatch.setattr(tasks, "drain_backlog", fail)
    monkeypatch.setattr(tasks, "requeue_due_events", fail)
    monkeypatch.setattr(tasks, "prune_events", fail)


def test_a_broker_that_is_away_does_not_fail_the_task_that_wakes_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If a task fails while the broker's connection is lost, Celery (5.7) loses that worker for good."""
    monkeypatch.setattr(tasks, "MAX_TASK_SECONDS", 0)
    monkeypatch.setattr(tasks, "drain_backlog", lambda seconds: 3)
    monkeypatch.setattr(tasks, "has_pending_events", lambda: True)
    with current_app_at(f"redis://{HOST}:{free_port()}/0"):
        assert tasks.drain() == 3


@pytest.mark.parametrize(("seconds", "count"), [(0, 1), (5, 0)], ids=["time is up", "others hold the rest"])
def test_the_next_task_is_woken_only_if_the_time_was_up(
    monkeypatch: pytest.MonkeyPatch, seconds: float, count: int
) -> None:
    """Of events that another worker holds there is nothing to claim: the tasks would follow without pause."""
    woken: list[None] = []
    monkeypatch.setattr(tasks, "MAX_TASK_SECONDS", seconds)
    monkeypatch.setattr(tasks, "drain_backlog", lambda seconds: 3)
    monkeypatch.setattr(tasks, "has_pending_events", lambda: True)
    monkeypatch.setattr(tasks, "wake_now", lambda: woken.append(None))
    assert tasks.drain() == 3
    assert len(woken) == count


@pytest.mark.parametrize("task", [tasks.drain, tasks.sweep, tasks.prune], ids=lambda task: task.name)
def test_a_database_that_is_away_is_one_log_line_and_does_not_fail_the_task(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, task: Callable[[], int]
) -> None:
    fails_with(monkeypatch, OperationalError("gone"), errors.OperationalError("gone"))
    assert [task(), task()] == [0, 0]
    assert caplog.text.count("database_away") == 1


@pytest.mark.parametrize("task", [tasks.drain, tasks.sweep, tasks.prune], ids=lambda task: task.name)
def test_a_lasting_database_error_fails_the_task(
    monkeypatch: pytest.MonkeyPatch, task: Callable[[], int]
) -> None:
    fails_with(monkeypatch, DataError("wrong"), errors.NumericValueOutOfRange("wrong"))
    with pytest.raises(DataError):
        task()


def test_pruning_leaves_the_log_to_a_rebuild_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(seconds: float) -> PruningRun:
        raise PruningLocked

    monkeypatch.setattr(tasks, "prune_events", refuse)
    assert tasks.prune() == 0


def test_pruning_ends_in_time_and_returns_how_many_it_pruned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "prune_events", lambda seconds: PruningRun(pruned=int(seconds)))
    assert tasks.prune() == tasks.MAX_TASK_SECONDS
