"""The registers of which pruning keeps every write, found by what the models declare."""

from functools import cache

from entities.history.history_columns import history_columns
from entities.merge import derived_columns
from entities.models import Record
from entities.models.naming.named_refs import named_refs


@cache
def kept_registers(model: type[Record]) -> frozenset[str]:
    """Return the registers off whose writes something is read besides the newest one.

    These are the columns with a history, existence among them, which words in use are read off too; those
    that other columns are derived from; those that name an id; and those by whose former values records are
    found.
    """
    columns = history_columns(model).values()
    return derived_columns.history_columns(model.derived_columns).union(
        (name for column in columns for name in column.registers),
        (ref.name_column for ref in named_refs(model).values() if ref.name_column),
        (column for column, kind in model.searched_columns.items() if kind.has_former_values),
    )
