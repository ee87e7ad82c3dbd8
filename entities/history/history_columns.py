"""The columns whose history can be asked for, found by their kinds."""

from dataclasses import dataclass
from functools import cache

from django.db.models import BooleanField, DecimalField

from entities.merge.registers import EXISTS
from entities.models import Record
from entities.models.fields import CurrencyField, WordField
from entities.models.introspection import mirrored_fields
from entities.models.naming.named_refs import NamedRef, named_refs, word_fields

# Columns of these kinds have a history, beside those that a model tracks and those of words and ids.
KINDS = (WordField, CurrencyField, BooleanField, DecimalField)


@dataclass(frozen=True)
class HistoryColumn:
    """A column with a history.

    registers: the registers that write it. Of several, which name one thing, the first that two values both
        have decides whether they are the same (see `entities.merge.history.is_same_thing`).
    named: the column of ids whose names its values have; None if it has none.
    """

    name: str
    registers: tuple[str, ...]
    named: NamedRef | None = None
    is_flag: bool = False


@cache
def history_columns(model: type[Record]) -> dict[str, HistoryColumn]:
    """Return name -> column: first the existence, then the model's columns, then those of several registers.

    A thing that several columns name, such as a stage, has a name without `_ref`: stage.
    """
    refs = named_refs(model)
    of_kind = {name for name, field in mirrored_fields(model).items() if isinstance(field, KINDS)}
    chosen = of_kind.union(model.tracked_columns, word_fields(model))
    own = [name for name in mirrored_fields(model) if name in chosen]
    joint = {rule.columns for rule in model.derived_columns.values() if len(rule.columns) > 1}
    columns = [
        HistoryColumn(EXISTS, (EXISTS,), is_flag=True),
        *(HistoryColumn(name, (name,), refs.get(name), _is_flag(model, name)) for name in own),
        *(HistoryColumn(refs[parts[0]].title, parts, refs[parts[0]]) for parts in sorted(joint)),
    ]
    return {column.name: column for column in columns}


def _is_flag(model: type[Record], column: str) -> bool:
    return isinstance(model._meta.get_field(column), BooleanField)
