"""The mutations of the rules of records that were fetched."""

from dataclasses import replace
from typing import Any

import pytest

from entities.merge.clock import Rank
from entities.merge.registers import EXISTS
from entities.reading import mapper
from entities.reading.fetched import fetched_envelope
from entities.reading.fetched.fetched_plans import find_fetched_plan
from entities.stored_events import Origin
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


def _keep_gone_records(patch: pytest.MonkeyPatch) -> None:
    read = mapper._read_fetched_record

    def keep(*arguments: Any) -> Any:
        key, reading = read(*arguments)
        if reading.writes.get(EXISTS) is False:
            del reading.writes[EXISTS]
        return key, reading

    patch.setattr(mapper, "_read_fetched_record", keep)


def _count_from_receipt(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        fetched_envelope, "_read_time", lambda content, record, changed, received_at: (received_at, ())
    )


def _ignore_imports(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        mapper,
        "find_fetched_plan",
        lambda vendor, origin, *key: (
            None if origin is Origin.FILE else find_fetched_plan(vendor, origin, *key)
        ),
    )


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
    Mutation(
        "a record that is gone stays",
        _keep_gone_records,
        test_fetched_rules.test_a_record_is_gone_as_of_the_beginning_of_the_listing,
    ),
    Mutation(
        "a record is gone as of the receipt",
        _count_from_receipt,
        test_fetched_rules.test_a_record_is_gone_as_of_the_beginning_of_the_listing,
    ),
    Mutation(
        "imported records are not read",
        _ignore_imports,
        test_fetched_rules.test_an_imported_row_is_read_with_the_words_of_webhooks,
    ),
]
