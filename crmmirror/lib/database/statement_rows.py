"""Querysets over the rows of a SQL statement, which stands in for the model's table."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.sql import Query

Row = TypeVar("Row", bound=Model)


class StatementQuery(Query):
    """A query before which `WITH "<the model's table>" AS (statement)` stands.

    PostgreSQL looks up a table's name among the common table expressions first. So everything that the ORM
    can do to the rows of a table, it can do to those of the statement: filters, orders, pages, aggregates.
    """

    statement = ""
    parameters: Sequence[Any] = ()

    def get_compiler(self, using: Any = None, connection: Any = None, elide_empty: bool = True) -> Any:
        base: Any = (connection or connections[using]).ops.compiler(self.compiler)
        compiler = type(f"Statement{base.__name__}", (_StatementCompiler, base), {})
        return compiler(self, connection or connections[using], using, elide_empty)


class _StatementCompiler:
    """The part of the compiler that puts the common table expression first."""

    query: StatementQuery

    def as_sql(self, *arguments: Any, **options: Any) -> tuple[str, tuple[Any, ...]]:
        statement, parameters = super().as_sql(*arguments, **options)  # type: ignore[misc]
        table = self.query.get_meta().db_table
        before = f'WITH "{table}" AS ({self.query.statement})'
        return f"{before} {statement}", (*self.query.parameters, *parameters)


def rows_of_statement(model: type[Row], statement: str, parameters: Sequence[Any] = ()) -> QuerySet[Row]:
    """Return a queryset of the model whose rows are those of a statement instead of the table's.

    statement: selects the columns that the queryset will use, under the names that they have in the table.
        In it the table's name means the table itself.
    """
    query = StatementQuery(model)
    query.statement, query.parameters = statement, tuple(parameters)
    return QuerySet(model, query)


def sql_of(rows: QuerySet) -> tuple[str, tuple[Any, ...]]:
    """Return a queryset's statement and its parameters, also if no row can match, as Django can tell."""
    return rows.query.get_compiler(DEFAULT_DB_ALIAS, elide_empty=False).as_sql()
