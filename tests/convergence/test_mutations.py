"""Mutation tests: with one rule taken out of the code, the check of that rule must fail."""

from collections.abc import Iterator
from functools import cache, partial

import pytest

from tests.support.mutation_table import MUTATIONS
from tests.support.mutations.mutation import Check, Mutation
from tests.support.paths import PROJECT
from tests.support.run_summary import COUNTS

pytestmark = pytest.mark.django_db
DOCUMENT = PROJECT / "docs/convergence.md"
each_mutation = pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.what)


@pytest.fixture
def unchanged_counts() -> Iterator[None]:
    """Exclude these checks from the counts that a run prints: those are about the real code."""
    before = COUNTS.copy()
    yield
    COUNTS.clear()
    COUNTS.update(before)


@cache
def pass_with_all_rules(check: Check) -> None:
    """Let a check run once with the real code; several mutations may have the same one."""
    check()


@each_mutation
def test_without_its_rule_the_check_fails(
    mutation: Mutation, unchanged_counts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pass_with_all_rules(mutation.noticed_by)
    is_generated = isinstance(mutation.noticed_by, partial)
    with monkeypatch.context() as patch:
        mutation.take_out(patch)
        with pytest.raises(AssertionError, match=r"^seed \d+" if is_generated else None):
            mutation.noticed_by()


@each_mutation
def test_the_document_names_the_mutation_and_what_notices_it(mutation: Mutation) -> None:
    assert f"| {mutation.what} | {mutation.check} |" in DOCUMENT.read_text()
