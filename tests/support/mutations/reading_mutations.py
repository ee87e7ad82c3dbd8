"""The mutations of the rules of reading one event."""

from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from entities.merge.clock import Rank
from entities.reading import mapper, record_reading
from entities.reading.payload_reading import Reading
from events.processing import drain
from tests.convergence import (
    test_derived_rules,
    test_existence_rules,
    test_register_rules,
)
from tests.convergence import test_event_rules as test_event_rules
from tests.support.mutations.mutation import Mutation, caught_by_oracle, replace_in_readers


def _read_columns_with_rank(rank: Rank) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a mutation that reads columns with this rank, which decides whether a null is written."""
    read_columns = record_reading.read_columns

    def ranked(plan: Any, payload: Any, _: Rank, root: Any) -> Reading:
        return read_columns(plan, payload, rank, root)

    return lambda patch: patch.setattr(record_reading, "read_columns", ranked)


def _absent_as_null(patch: pytest.MonkeyPatch) -> None:
    read_columns = record_reading.read_columns

    def filled(plan: Any, *rest: Any) -> Reading:
        reading = read_columns(plan, *rest)
        reading.writes = {column.name: None for column in plan.columns} | reading.writes
        return reading

    patch.setattr(record_reading, "read_columns", filled)


def _one_fact(patch: pytest.MonkeyPatch) -> None:
    read_id = record_reading.read_id
    patch.setattr(
        mapper,
        "read_id",
        lambda plan, payload, root: (
            read_id(plan, payload, root) or ("fact" if plan.entity.identified_by_digest else None)
        ),
    )


def _no_transaction(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(drain, "transaction", SimpleNamespace(atomic=nullcontext))


READING = [
    Mutation("a null in a copy is written", _read_columns_with_rank(Rank.OTHER), caught_by_oracle(0)),
    Mutation(
        "a null in the record's own event is not written",
        _read_columns_with_rank(Rank.COPY),
        test_register_rules.test_a_null_in_the_records_own_event_writes_null,
    ),
    Mutation("absent is null", _absent_as_null, test_register_rules.test_an_absent_field_writes_nothing),
    Mutation(
        "embedded copies are not read",
        lambda patch: patch.setattr(record_reading, "_read_embedded", lambda *embedded: Reading()),
        test_register_rules.test_an_embedded_copy_writes_the_embedded_records_registers,
    ),
    Mutation(
        "scalars beside a reference are not read",
        lambda patch: patch.setattr(record_reading, "_read_scalar_copies", lambda *copies: Reading()),
        test_register_rules.test_a_scalar_beside_a_reference_is_a_copy_of_that_one_field,
    ),
    Mutation(
        "sub-accounts share their records",
        lambda patch: patch.setattr(mapper, "_read_scope", lambda *scope: ("", Reading())),
        test_register_rules.test_equal_ids_in_two_sub_accounts_are_two_records,
    ),
    Mutation(
        "facts without an id are one",
        _one_fact,
        test_existence_rules.test_a_fact_without_an_id_is_keyed_by_its_events_digest,
    ),
    Mutation(
        "a status is the vendor's own word",
        lambda patch: replace_in_readers(patch, "convert", lambda column, raw: column.convert(raw)),
        test_derived_rules.test_deals_of_all_vendors_have_the_same_words,
    ),
    Mutation(
        "an event's status is another transaction than its change",
        _no_transaction,
        test_event_rules.test_a_failed_record_leaves_neither_status_nor_change,
    ),
]
