"""Holds what happens in an invented company, as facts that no vendor has worded yet. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any


@dataclass(frozen=True)
class Ref:
    """An id of a record, stage, member of the staff and so on.

    kind: what ids of this kind begin with.
    """

    kind: str
    number: int


@dataclass(frozen=True)
class Fact:
    """Something that happened to one record.

    verb: what happened, such as "created" or "won".
    values: column -> value, of the whole record as it is then; a Ref for a reference and an id.
    changed: the columns that this fact changed; none if it is the first of the record.
    """

    at: datetime
    model: str
    verb: str
    record: Ref
    sub_account: Ref
    values: dict[str, Any]
    changed: frozenset[str]


class Chronicle:
    """Collects the facts of one person and of what belongs to him.

    now: nothing happens after it. number: the person's; ids are made of it, so that no two persons share one.
    """

    def __init__(self, random: Random, now: datetime, number: int, sub_account: Ref) -> None:
        self.random = random
        self.now = now
        self.number = number
        self.sub_account = sub_account
        self.facts: list[Fact] = []
        self._records: dict[Ref, dict[str, Any]] = {}

    def add(self, at: datetime, model: str, verb: str, record: Ref, **changed: Any) -> None:
        """Add a fact, unless it is in the future. changed: column -> value."""
        at = at.replace(microsecond=0)
        if at <= self.now:
            former = self._records.get(record)
            values = self._records[record] = (former or {}) | changed
            columns = frozenset(changed if former is not None else ())
            self.facts.append(Fact(at, model, verb, record, self.sub_account, values, columns))

    def make_ref(self, kind: str, place: int = 0) -> Ref:
        """Return the id of one of the person's up to ten records of a kind."""
        return Ref(kind, self.number * 10 + place)

    def later(self, moment: datetime, most_days: float) -> datetime:
        """Return a time up to so many days after another one."""
        return moment + timedelta(days=self.random.uniform(0.01, most_days))

    def chance(self, share: float) -> bool:
        """Return True in this share of cases."""
        return self.random.random() < share

    def pick(self, choices: tuple[Any, ...], weights: tuple[int, ...] | None = None) -> Any:
        """Return one of the choices."""
        return self.random.choices(choices, weights)[0]


def make_stage(names: tuple[str, ...], place: int, first: int) -> dict[str, Any]:
    """Return the columns of a stage. first: the number of the first stage's id."""
    return {"stage_ref": Ref("stage", first + place), "stage_name": names[place]}
