"""The mutations of the rules of records that were fetched."""

from dataclasses import replace
from typing import Any

import pytest

from entities.merge.clock import Rank
from entities.reading import mapper
from entities.reading.fetched import fetched_envelope
from entities.reading.fetched.fetched_plans import find_fetched_plan
from tests.convergence import test_fetched_rules
from tests.support.mutations.clock_mutations import ranked
from tests.support.mutations.mutation import Mutation


def _plan_with(**changes: Any) -> Any:
    def find(*key: Any) -> Any:
        plan = find_fetched_plan(*key)
        return plan and replace(plan, **changes)

    return lambda patch: patch.setattr(mapper, "find_fetched_plan", find)


def _ignore_last_change(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fetched_envelope, "changed_paths", lambda vendor, origin, resource: "")


FETCHED = [
    Mutation(
        "fetched records rank as other events",
        ranked({Rank.FETCHED: Rank.OTHER}),
        test_fetched_rules.test_an_updated_record_wins_against_a_fetched_one_of_the_same_time,
    ),
    Mutation(
        "fetched records rank as copies",
        ranked({Rank.FETCHED: Rank.COPY}),
        test_fetched_rules.test_a_fetched_record_wins_against_a_copy_of_the_same_time,
    ),
    Mutation(
        "the time of last change does not count",
        _ignore_last_change,
        test_fetched_rules.test_a_fetched_record_counts_as_of_its_last_change,
    ),
    Mutation(
        "what lists leave out is read",
        _plan_with(leaves_out=frozenset()),
        test_fetched_rules.test_a_list_row_says_nothing_about_what_lists_leave_out,
    ),
    Mutation(
        "ids of the API are written as they are",
        _plan_with(ids={}),
        test_fetched_rules.test_ids_of_the_api_are_written_as_those_of_webhooks,
    ),
]
