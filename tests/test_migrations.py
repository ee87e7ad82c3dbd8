"""The migrations say what the models say, and can be run while the mirror runs."""

from collections.abc import Iterator

import pytest
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.core.management import call_command
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.models.functions import Now, Random
from django.db.models.lookups import GreaterThan
from pytest_django import DjangoDbBlocker

from events.models import Event
from tests.support.migration_lint import APPS, lint_migration, mirror_tables

# Migrations that the lint may find fault with -> why.
LINT_EXCEPTIONS = {
    "events.0002_refusals_and_token_buckets": "it is from before the first release, and its tables are small",
}
INDEX = models.Index("event_type", name="event_by_type")
IS_POSITIVE = models.CheckConstraint(
    condition=GreaterThan(models.F("attempts"), -1), name="attempts_positive"
)
NOTE = models.TextField(null=True)


def add(field: models.Field, model: str = "event") -> Operation:
    return migrations.AddField(model, "note", field)


def fail(*_: object) -> None:
    raise AssertionError("the lint has run a migration")


def make_migration(*operations: Operation, atomic: bool = True) -> migrations.Migration:
    fields = {"operations": operations, "atomic": atomic}
    return type("Migration", (migrations.Migration,), fields)("9001_some", "events")


@pytest.fixture
def database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Allow reading the tests' database outside a transaction. Nothing cleans up: the lint writes nothing."""
    with django_db_blocker.unblock():
        yield


@pytest.mark.django_db
def test_no_model_differs_from_its_migrations() -> None:
    """If this test fails, run `manage.py makemigrations --name what_it_does`."""
    call_command("makemigrations", check=True, dry_run=True, verbosity=3)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("label", APPS)
def test_each_migration_can_be_run_while_the_mirror_runs(label: str) -> None:
    """If this test fails, the message says what to write instead."""
    loader = MigrationLoader(connection)
    findings = [
        finding
        for (app, name), migration in sorted(loader.disk_migrations.items())
        if app == label and f"{app}.{name}" not in LINT_EXCEPTIONS
        for finding in lint_migration(migration, loader.project_state((app, name), at_end=False))
    ]
    assert not findings, "\n".join(findings)


def test_the_tables_of_the_log_the_timeline_and_the_records_are_known_to_the_lint() -> None:
    assert {
        "events_event",
        "entities_timelineentry",
        "entities_lead",
        "entities_subaccount",
    } <= mirror_tables()


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("migration", "message"),
    [
        (make_migration(migrations.AddIndex("event", INDEX)), "Write AddIndexConcurrently"),
        (make_migration(add(models.TextField(null=True, db_index=True))), "db_index=False"),
        (
            make_migration(add(models.ForeignKey("events.Source", models.CASCADE, null=True))),
            "db_index=False",
        ),
        (make_migration(migrations.RunSQL("CREATE INDEX some ON events_event (id)")), "AddIndexConcurrently"),
        (make_migration(AddIndexConcurrently("event", INDEX)), "set atomic = False on the migration"),
        (make_migration(add(models.TextField(null=True, unique=True))), "CREATE UNIQUE INDEX CONCURRENTLY"),
        (
            make_migration(
                migrations.AddConstraint("event", models.UniqueConstraint(fields=["body"], name="some"))
            ),
            "CREATE UNIQUE INDEX CONCURRENTLY",
        ),
        (make_migration(migrations.AddConstraint("event", IS_POSITIVE)), "Write AddConstraintNotValid"),
        (make_migration(add(models.PositiveIntegerField(null=True))), "Write AddConstraintNotValid"),
        (make_migration(add(models.TextField(default=""))), "db_default"),
        (make_migration(add(models.FloatField(db_default=Random()))), "a default of its own"),
        (
            make_migration(
                add(
                    models.GeneratedField(
                        expression=models.F("attempts") + 1,
                        output_field=models.IntegerField(),
                        db_persist=True,
                    )
                )
            ),
            "a plain column with null=True",
        ),
        (
            make_migration(migrations.AlterField("event", "attempts", models.BigIntegerField(db_default=0))),
            "Add a new column",
        ),
        (
            make_migration(
                migrations.AlterField("event", "settled_at", models.DateTimeField(db_default=Now()))
            ),
            "__isnull=False",
        ),
        (make_migration(migrations.RemoveField("event", "error")), "one release later"),
        (make_migration(migrations.RenameField("event", "error", "reason")), "Keep the name in the database"),
        (make_migration(migrations.RenameModel("Event", "Delivery")), "Keep the name in the database"),
        (make_migration(migrations.DeleteModel("TokenBucket")), "one release later"),
        (make_migration(add(NOTE), migrations.RunPython(print)), "Write two migrations"),
        (
            make_migration(add(NOTE), migrations.RunSQL("UPDATE events_event SET note = 'some'")),
            "Write two migrations",
        ),
        (
            make_migration(add(NOTE), SeparateDatabaseAndState([migrations.RunPython(print)])),
            "Write two migrations",
        ),
        (make_migration(add(NOTE), add(NOTE, "source")), "Write a migration for each table"),
        (
            make_migration(
                AddConstraintNotValid("event", IS_POSITIVE), ValidateConstraint("event", IS_POSITIVE.name)
            ),
            "holds other locks",
        ),
        (
            make_migration(AddIndexConcurrently("event", INDEX), add(NOTE), atomic=False),
            "cannot be run again",
        ),
    ],
)
def test_a_migration_that_would_refuse_deliveries_or_break_old_code_is_refused_with_what_to_write_instead(
    migration: migrations.Migration, message: str
) -> None:
    findings = lint_migration(migration, MigrationLoader(connection).project_state())
    assert message in "\n".join(findings)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "migration",
    [
        make_migration(add(NOTE)),
        make_migration(add(models.TextField(db_default="", default=""))),
        make_migration(add(models.DateTimeField(db_default=Now()))),
        make_migration(add(models.JSONField(db_default=models.Value({}, models.JSONField())))),
        make_migration(add(models.ForeignKey("events.Source", models.CASCADE, null=True, db_index=False))),
        make_migration(AddIndexConcurrently("event", INDEX), atomic=False),
        make_migration(RemoveIndexConcurrently("event", "event_received"), atomic=False),
        make_migration(migrations.RemoveIndex("event", "event_received")),
        make_migration(AddConstraintNotValid("event", IS_POSITIVE)),
        make_migration(migrations.RunPython(print)),
        make_migration(
            migrations.CreateModel("Some", [("id", models.BigAutoField(primary_key=True))]),
            migrations.AddField("some", "note", models.TextField(default="", db_index=True)),
        ),
    ],
)
def test_a_migration_that_gives_way_is_accepted(migration: migrations.Migration) -> None:
    assert lint_migration(migration, MigrationLoader(connection).project_state()) == []


@pytest.mark.usefixtures("database")
def test_the_lint_runs_nothing() -> None:
    migration = make_migration(migrations.RunPython(fail), migrations.DeleteModel("Event"))
    assert lint_migration(migration, MigrationLoader(connection).project_state())
    assert Event.objects.count() == 0
