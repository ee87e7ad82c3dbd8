"""Says what a migration would do to a mirror that runs: hold up deliveries, or break the code of before.

It reads the SQL that each operation makes. The tables that count are those of the mirror, unless the
migration creates them itself: while the code of before runs beside it, they are large and in use.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.apps import apps
from django.contrib.postgres.operations import (
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import NotSupportedError, connection
from django.db.migrations import Migration
from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tests.support.migration_rules import RULES

APPS = ("events", "entities")
# Deliveries use its tables, whereas the others hold up the workers only.
DELIVERIES_APP = "events"
# What may be run again after an attempt that was cut: see crmmirror/postgresql/schema.py.
REPEATABLE = (AddIndexConcurrently, RemoveIndexConcurrently, ValidateConstraint)
TABLE = re.compile(r'(?:\bTABLE|\bON|\bUPDATE|\bINTO|\bFROM)\s+(?:IF EXISTS\s+|ONLY\s+)?"?(\w+)')
CREATED_TABLE = re.compile(r'^CREATE (?:UNLOGGED )?TABLE "?(\w+)')
CHANGES_ROWS = re.compile(r"^\s*(UPDATE|INSERT|DELETE|MERGE|TRUNCATE)\b", re.IGNORECASE)
TAKES_LOCK = re.compile(r"^(ALTER TABLE|CREATE (UNIQUE )?INDEX|DROP INDEX|DROP TABLE)\b")
IS_REPEATABLE_SQL = re.compile(r"\bIF (NOT )?EXISTS\b|\bVALIDATE CONSTRAINT\b")
VALIDATES = re.compile(r"\bVALIDATE CONSTRAINT\b")


@dataclass(frozen=True)
class Step:
    """One operation of a migration, and the SQL that it makes; none if it is RunPython."""

    operation: Operation
    statements: tuple[str, ...]

    @property
    def changes_rows(self) -> bool:
        return not _reduces_to_sql(self.operation) or any(map(CHANGES_ROWS.match, self.statements))

    @property
    def is_repeatable(self) -> bool:
        return isinstance(self.operation, REPEATABLE) or (
            _reduces_to_sql(self.operation) and all(map(IS_REPEATABLE_SQL.search, self.statements))
        )


def mirror_tables() -> frozenset[str]:
    """Return the tables of the mirror: of the log, the timeline, the records, and what belongs to them."""
    return frozenset(
        model._meta.db_table
        for label in APPS
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
    )


def lint_migration(migration: Migration, state: ProjectState) -> list[str]:
    """Return what is wrong with a migration, with what to write instead; an empty list if nothing is.

    state: the models before it. Call it outside a transaction.
    """
    try:
        steps = collect_steps(migration, state)
    except NotSupportedError as error:
        return [str(error)]
    created = {match[1] for step in steps for sql in step.statements if (match := CREATED_TABLE.match(sql))}
    tables = mirror_tables() - created
    findings = [*_find_in_statements(steps, tables), *_find_in_transaction(migration, steps, tables)]
    return [f"{migration.app_label}.{migration.name}: {finding}" for finding in findings]


def collect_steps(migration: Migration, state: ProjectState) -> list[Step]:
    """Return the operations with their SQL, which is not run. Raises NotSupportedError as `migrate` would."""
    steps = []
    with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
        for operation in migration.operations:
            collected, deferred = len(editor.collected_sql), len(editor.deferred_sql)
            new_state = state.clone()
            operation.state_forwards(migration.app_label, new_state)
            if _reduces_to_sql(operation):
                operation.database_forwards(migration.app_label, editor, state, new_state)
            made = [*editor.collected_sql[collected:], *map(str, editor.deferred_sql[deferred:])]
            steps.append(Step(operation, tuple(_split(made))))
            state = new_state
    return steps


def _reduces_to_sql(operation: Operation) -> bool:
    if isinstance(operation, SeparateDatabaseAndState):
        return all(map(_reduces_to_sql, operation.database_operations))
    return operation.reduces_to_sql


def _split(statements: Sequence[str]) -> Iterator[str]:
    for statement in statements:
        for part in re.split(r";\s", statement + " "):
            if part.strip() and not part.startswith("--"):
                yield " ".join(part.split())


def _table(statement: str) -> str:
    match = TABLE.search(statement)
    return match[1] if match else ""


def _find_in_statements(steps: Sequence[Step], tables: frozenset[str]) -> Iterator[str]:
    for step in steps:
        for sql in step.statements:
            if _table(sql) in tables or sql.startswith("ALTER INDEX"):
                for rule in RULES:
                    if rule.matches(sql):
                        yield f"{step.operation.describe()}: {rule.fault}. {rule.instead}. ({sql})"


def _find_in_transaction(
    migration: Migration, steps: Sequence[Step], tables: frozenset[str]
) -> Iterator[str]:
    """Find what must not share a transaction, or, without one, cannot be begun again."""
    acting = [step for step in steps if step.statements or step.changes_rows]
    if not migration.atomic:
        for step in acting:
            if not step.is_repeatable:
                yield (
                    f"{step.operation.describe()}: cannot be run again after an attempt that was cut. Write"
                    " it in a migration of its own without `atomic = False`, or with IF [NOT] EXISTS"
                )
        return
    locked = {
        table
        for step in acting
        for sql in step.statements
        if TAKES_LOCK.match(sql) and (table := _table(sql)) in tables
    }
    if len(locked) > 1 and any(table.startswith(f"{DELIVERIES_APP}_") for table in locked):
        yield (
            f"holds up deliveries at one table while it waits for the next: {', '.join(sorted(locked))}."
            " Write a migration for each table"
        )
    if locked and any(step.changes_rows for step in acting):
        yield "changes rows while it locks a table. Write two migrations"
    if len(acting) > 1 and any(VALIDATES.search(sql) for step in acting for sql in step.statements):
        yield "validates a constraint, which reads all rows, while it holds other locks. Write two migrations"
