"""The mutations of the rules of single vendors: lists, merges, ends, scales, verbs, properties, open sets."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from entities.merge.clock import Rank
from entities.reading import column_values, mapper
from entities.reading.converters import to_amount
from entities.reading.envelopes.envelope import Envelope
from entities.reading.plans.event_plans import EventPlan, find_event_plan, last_word
from entities.stored_events import StoredEvent
from tests.convergence import test_vendor_rules
from tests.support.mutations.mutation import Mutation, caught_by_oracle, replace_in_readers

TWO_VERBS = {"created": Rank.CREATED, "deleted": Rank.DELETED}


def change_event_plans(change: Callable[[str, EventPlan], EventPlan]) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a mutation that reads events by changed plans. Plans are cached: a changed table is not seen."""

    def find(vendor: Any, event_type: str, time_zone: str = "") -> EventPlan | None:
        plan = find_event_plan(vendor, event_type, time_zone)
        return plan and change(event_type, plan)

    return lambda patch: patch.setattr(mapper, "find_event_plan", find)


def _unscaled(patch: pytest.MonkeyPatch) -> None:
    convert = column_values.convert

    def unscaled(column: Any, raw: Any) -> Any:
        is_scaled = "scale" in getattr(column.convert, "keywords", {})
        return to_amount(raw) if is_scaled else convert(column, raw)

    replace_in_readers(patch, "convert", unscaled)


def _closed_sets(patch: pytest.MonkeyPatch) -> None:
    def find(vendor: Any, event_type: str, time_zone: str = "") -> EventPlan | None:
        return find_event_plan(vendor, event_type, time_zone) if event_type in vendor.events else None

    patch.setattr(mapper, "find_event_plan", find)


def _reversed_digest(event: StoredEvent, envelope: Envelope) -> str:
    return f"{event.digest}.{999_999 - (envelope.number or 0):06d}"


VENDORS = [
    Mutation(
        "the place in the list is not in the clock",
        lambda patch: patch.setattr(mapper, "event_digest", lambda event, envelope: event.digest),
        caught_by_oracle(11),
    ),
    Mutation(
        "the first of a list wins over the later ones",
        lambda patch: patch.setattr(mapper, "event_digest", _reversed_digest),
        test_vendor_rules.test_of_two_events_of_one_list_and_one_time_the_later_in_the_list_wins,
    ),
    Mutation(
        "a record that was merged goes on",
        lambda patch: patch.setattr(mapper, "_end_merged_records", lambda *merge: iter(())),
        caught_by_oracle(11),
    ),
    Mutation(
        "an association that ended stays",
        lambda patch: patch.setattr(mapper, "_is_ended", lambda *event: False),
        test_vendor_rules.test_an_association_that_ended_is_null_whatever_comes_first,
    ),
    Mutation(
        "cents are whole units",
        _unscaled,
        test_vendor_rules.test_an_amount_in_cents_is_a_hundredth_of_its_number,
    ),
    Mutation(
        "two verbs alone have a rank of their own",
        change_event_plans(
            lambda event_type, plan: replace(plan, rank=TWO_VERBS.get(last_word(event_type), Rank.OTHER))
        ),
        caught_by_oracle(11),
    ),
    Mutation(
        "a property is two keys",
        lambda patch: patch.setattr(mapper, "expand_properties", lambda vendor, payload: payload),
        test_vendor_rules.test_a_pair_of_a_name_and_a_value_is_a_property,
    ),
    Mutation(
        "an open set of types is closed",
        _closed_sets,
        test_vendor_rules.test_a_task_of_any_type_is_read_with_the_rank_of_its_verb,
    ),
]
