"""The mutations of the rules of names."""

from collections.abc import Callable

import pytest

from entities.writing import write_names
from entities.writing.source_statement import SourceStatement
from tests.convergence import (
    test_name_rules,
)
from tests.support.mutations.mutation import Mutation


def _collect(
    change: Callable[[list[SourceStatement]], write_names.VendorNames],
) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a mutation that reads the names of a batch otherwise."""
    return lambda patch: patch.setattr(write_names, "collect_names", change)


def _last_of_batch(statements: list[SourceStatement]) -> write_names.VendorNames:
    return dict(said for statement in statements for said in write_names._read_names(statement))


def _named_only(statements: list[SourceStatement]) -> write_names.VendorNames:
    names = NEWEST_NAMES(statements)
    return {key: name for key, name in names.items() if name != write_names.UNNAMED}


def _without_scope(statements: list[SourceStatement]) -> write_names.VendorNames:
    names = NEWEST_NAMES(statements)
    return {key._replace(scope=""): name for key, name in sorted(names.items(), key=lambda item: item[1])}


NEWEST_NAMES = write_names.collect_names
NAMES = [
    Mutation(
        "the later arrival names an id",
        lambda patch: patch.setattr(
            write_names, "WRITE_NAMES", write_names.WRITE_NAMES.partition(" WHERE ")[0]
        ),
        test_name_rules.test_the_newest_event_names_an_id_whatever_the_order,
    ),
    Mutation(
        "the last event of a batch names an id",
        _collect(_last_of_batch),
        test_name_rules.test_the_newest_event_names_an_id_whatever_the_order,
    ),
    Mutation(
        "an id without a name has no row",
        _collect(_named_only),
        test_name_rules.test_an_id_that_no_event_names_has_a_row_without_a_name,
    ),
    Mutation(
        "sub-accounts share their names",
        _collect(_without_scope),
        test_name_rules.test_a_name_in_a_sub_account_is_not_one_of_the_others,
    ),
]
