"""The mutations of the rules of what is derived."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from entities.merge.derived_columns import DerivedOrigin, RunStart, find_derived_origin
from entities.models import Deal
from entities.writing import apply, derive
from entities.writing.record_tables import READ_HISTORY
from entities.writing.source_statement import SourceKey, SourceStatement
from tests.convergence import (
    test_derived_rules,
)
from tests.support.mutations.mutation import Mutation, caught_by_convergence, caught_by_oracle


def _history_by(order: str) -> Callable[[pytest.MonkeyPatch], None]:
    statement = READ_HISTORY.replace("ORDER BY record_id, clock", f"ORDER BY record_id, {order}")
    assert statement != READ_HISTORY
    return lambda patch: patch.setattr(derive, "READ_HISTORY", statement)


History = list[tuple[str, dict[str, Any]]]


def _read_off_newest(rule: RunStart, column: str, history: History) -> DerivedOrigin | None:
    return find_derived_origin(rule, column, history[-1:])


def _read_off_run(rule: RunStart, column: str, history: History) -> DerivedOrigin | None:
    return find_derived_origin(replace(rule, prefers_own_value=False), column, history)


def _read_off_any_of_its_words(rule: RunStart, column: str, history: History) -> DerivedOrigin | None:
    """Derive a run of all of the rule's values: each is read as the first of them."""
    words = rule.values or frozenset()
    one_value_history = [
        (clock, {name: min(words) if value in words else value for name, value in written.items()})
        for clock, written in history
    ]
    return find_derived_origin(rule, column, one_value_history)


def _read_off_names(rule: RunStart, column: str, history: History) -> DerivedOrigin | None:
    return find_derived_origin(replace(rule, columns=rule.columns[-1:]), column, history)


def _read_off_first_column(rule: RunStart, column: str, history: History) -> DerivedOrigin | None:
    return find_derived_origin(replace(rule, columns=rule.columns[:1]), column, history)


def _won_by_any_end() -> dict[str, RunStart]:
    return Deal.derived_columns | {"won_at": Deal.derived_columns["closed_at"]}


def _first_events(statements: list[SourceStatement]) -> dict[SourceKey, str]:
    return {said.key: said.clock[:27] for said in reversed(statements) if said.writes}


def _no_bare_entries(patch: pytest.MonkeyPatch) -> None:
    write = apply._write_timeline
    patch.setattr(
        apply,
        "_write_timeline",
        lambda statements, ids: write([statement for statement in statements if statement.writes], ids),
    )


DERIVED = [
    Mutation("history is in the order of arrival", _history_by("id"), caught_by_convergence(15)),
    Mutation(
        "a run begins with its newest event",
        lambda patch: patch.setattr(derive, "find_derived_origin", _read_off_newest),
        caught_by_oracle(92),
    ),
    Mutation(
        "a run goes on from won to lost",
        lambda patch: patch.setattr(derive, "find_derived_origin", _read_off_any_of_its_words),
        test_derived_rules.test_a_deal_that_was_won_on_one_day_and_lost_on_a_later_one_is_closed_on_the_later,
    ),
    Mutation(
        "the vendor's own time of payment does not count",
        lambda patch: patch.setattr(derive, "find_derived_origin", _read_off_run),
        caught_by_oracle(1),
    ),
    Mutation(
        "a stage is its name alone",
        lambda patch: patch.setattr(derive, "find_derived_origin", _read_off_names),
        test_derived_rules.test_a_stage_with_the_same_id_goes_on_under_another_name,
    ),
    Mutation(
        "a stage without an id is none",
        lambda patch: patch.setattr(derive, "find_derived_origin", _read_off_first_column),
        test_derived_rules.test_a_stage_without_ids_is_known_by_its_name,
    ),
    Mutation(
        "won is any end",
        lambda patch: patch.setattr(Deal, "derived_columns", _won_by_any_end()),
        test_derived_rules.test_won_and_lost_are_the_beginnings_of_exactly_that_status,
    ),
    Mutation(
        "a record's first event is the first to arrive",
        lambda patch: patch.setattr(apply, "_earlier", lambda one, other: one or other),
        test_derived_rules.test_a_late_event_that_changes_nothing_is_the_first,
    ),
    Mutation(
        "copies are a record's own events",
        lambda patch: patch.setattr(apply, "_first_own_events", _first_events),
        caught_by_oracle(0),
    ),
    Mutation("the timeline leaves references out", _no_bare_entries, caught_by_oracle(1)),
]
