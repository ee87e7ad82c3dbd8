"""Workers of new code wait for their migrations: events stay pending, and are applied once it is there."""

import re
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError

from crmmirror.lib.database import required_migrations
from crmmirror.lib.database.required_migrations import RequiredMigrations
from entities.models import Deal
from events import tasks
from events.management import migrated_database
from events.models import Event
from events.processing import drain, migration_report
from tests.support.failing_events import DEAL, LONG_AGO
from tests.support.missing_migrations import MIGRATION, missing_column
from tests.support.staff_client import store_and_apply, store_delivery

pytestmark = pytest.mark.django_db(transaction=True)

TABLES = pytest.mark.parametrize(
    ("table", "column"),
    [
        pytest.param("entities_deal", "priority", id="records"),
        pytest.param("events_event", "warnings", id="the log"),
        pytest.param("events_source", "time_zone", id="sources"),
        pytest.param("entities_timelineentry", "wrote", id="the timeline"),
    ],
)
TASKS = pytest.mark.parametrize("task", [tasks.drain, tasks.sweep], ids=lambda task: task.name)


@pytest.fixture(autouse=True)
def migrations(monkeypatch: pytest.MonkeyPatch) -> RequiredMigrations:
    """Let this process know as little about the database as one that has just started."""
    fresh = RequiredMigrations()
    for module in (required_migrations, tasks, drain, migrated_database):
        monkeypatch.setattr(module, "required_migrations", fresh)
    monkeypatch.setattr(tasks, "migration_report", migration_report.MigrationReport())
    monkeypatch.setattr(tasks, "wake_now", lambda: None)
    return fresh


def store(event_type: str, payload: dict[str, str]) -> None:
    """Store an event, which no worker applies yet."""
    store_delivery({"event": event_type, "timestamp": "2025-01-15T10:30:00Z", "payload": payload})


def get_state() -> tuple[str, int]:
    return Event.objects.values_list("status", "attempts").get()


@TABLES
@TASKS
def test_a_worker_that_starts_before_its_migration_leaves_events_pending_and_takes_them_up(
    task: Callable[[], int], table: str, column: str
) -> None:
    store("deal.created", DEAL)
    with missing_column(table, column):
        assert task() == 0
    assert get_state() == ("pending", 0)
    assert task() == 1
    assert get_state() == ("applied", 1)
    assert Deal.objects.get().title == "Licence"


@TABLES
@TASKS
def test_a_worker_whose_database_is_restored_to_an_older_version_leaves_events_pending(
    task: Callable[[], int], table: str, column: str, migrations: RequiredMigrations
) -> None:
    store("deal.created", DEAL)
    migrations.look_up()
    with missing_column(table, column):
        assert task() == 0
    assert get_state() == ("pending", 0)
    assert task() == 1


def test_a_failed_event_that_is_due_is_not_attempted_before_the_migration() -> None:
    store_and_apply("deal.created", DEAL)
    Event.objects.update(status="failed", next_attempt_at=LONG_AGO)
    with missing_column("events_event", "warnings"):
        tasks.sweep()
    assert get_state() == ("failed", 1)
    assert tasks.sweep() == 1


def test_a_worker_that_waits_says_so_once_and_then_once_a_minute(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    store("deal.created", DEAL)
    with missing_column("entities_deal", "priority"):
        for _ in range(3):
            tasks.sweep()
        assert caplog.text.count("migrations_missing") == 1
        assert ".".join(MIGRATION) in caplog.text
        assert "Run manage.py migrate" in caplog.text
        monkeypatch.setattr(migration_report, "REPORT_SECONDS", 0)
        tasks.sweep()
        assert caplog.text.count("migrations_missing") == 2


def test_a_worker_that_goes_on_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    with missing_column("entities_deal", "priority"):
        tasks.sweep()
    for _ in range(2):
        tasks.sweep()
    assert caplog.text.count("migrations_applied") == 1


def test_a_worker_that_waits_does_not_wake_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise it would look up the migrations again and again, as fast as it can."""
    calls: list[bool] = []
    monkeypatch.setattr(tasks, "wake_now", lambda: calls.append(True))
    store("deal.created", DEAL)
    with missing_column("entities_deal", "priority"):
        tasks.drain()
    assert calls == []


def test_a_missing_column_without_a_missing_migration_fails_the_event_that_needs_it() -> None:
    """Nothing would mend that by itself, so the event must not hold up the others."""
    for number in range(3):
        store("deal.created", DEAL | {"id": f"dl_{number}"})
    store("client.created", {"id": "cl_1", "name": "Ann"})
    with missing_column("entities_deal", "priority", is_migration_missing=False):
        assert tasks.drain() == 4
    assert list(Event.objects.order_by("id").values_list("status", "attempts")) == [
        *[("failed", 1)] * 3,
        ("applied", 1),
    ]
    assert "priority" in Event.objects.filter(status="failed")[0].error


def test_a_missing_column_of_the_log_without_a_missing_migration_is_an_error_of_the_task() -> None:
    store("deal.created", DEAL)
    with (
        missing_column("events_event", "warnings", is_migration_missing=False),
        pytest.raises(ProgrammingError),
    ):
        tasks.drain()
    assert get_state() == ("pending", 0)


@pytest.mark.parametrize(
    ("argv", "is_known"),
    [
        (["apply_events"], False),
        (["rebuild_mirror"], False),
        (["verify_mirror"], False),
        (["verify_mirror", "--digest"], False),
        (["apply_events"], True),
        (["rebuild_mirror"], True),
        (["verify_mirror"], True),
    ],
)
def test_a_command_before_its_migration_ends_with_what_to_do_and_changes_nothing(
    argv: list[str], is_known: bool, migrations: RequiredMigrations
) -> None:
    store_and_apply("deal.created", DEAL)
    store("deal.updated", DEAL | {"title": "Other"})
    if is_known:
        migrations.look_up()
    with (
        missing_column("entities_deal", "priority"),
        pytest.raises(
            CommandError, match=re.escape(f"the database lacks {'.'.join(MIGRATION)}: run manage.py migrate")
        ),
    ):
        call_command(*argv)
    assert Deal.objects.get().title == "Licence"
    assert sorted(Event.objects.values_list("status", flat=True)) == ["applied", "pending"]


def test_known_migrations_cost_no_query(
    sent_statements: list[object], migrations: RequiredMigrations
) -> None:
    migrations.look_up()
    sent_statements.clear()
    tasks.drain()
    assert not [statement for statement in sent_statements if "django_migrations" in str(statement)]
