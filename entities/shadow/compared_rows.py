"""The choice of rows that the mirror and the shadow are compared by: all, or those that meet a condition."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ComparedRows:
    """The rows that are compared.

    conditions: table -> an SQL condition on its columns, for both sides; all rows of a table without one.
    name_condition: an SQL condition on `live` and `shadow`, two rows of names.
    """

    conditions: Mapping[str, str] = field(default_factory=dict)
    name_condition: str = "true"

    def select(self, name: str, table: str) -> str:
        """Return the rows of one side as SQL. name: the table's; table: the same with its schema."""
        condition = self.conditions.get(name)
        # Whole tables are joined as they are: PostgreSQL knows their indexes and statistics.
        return f"(SELECT * FROM {table} AS side WHERE {condition})" if condition else table


WHOLE_MIRROR = ComparedRows()
