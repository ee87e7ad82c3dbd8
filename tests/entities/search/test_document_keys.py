"""The keys of a record, and of its former values, which converge although only some are stored."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.search import document_keys
from entities.search.document_keys import bound_former, format_document, join_former
from entities.search.search_keys import Key

pytestmark = pytest.mark.unit

KEYS = st.builds(Key, st.just("fp"), st.sampled_from("123456789"))


@given(
    values=st.lists(st.tuples(KEYS, st.booleans()), min_size=1),
    seed=st.integers(0, 99),
    bound=st.integers(1, 4),
)
def test_former_keys_are_the_lowest_of_all_that_were_written_but_the_present(
    values: list[tuple[Key, bool]], seed: int, bound: int
) -> None:
    """A value that does not win was written by an older event that arrives late."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(document_keys, "MAX_FORMER_KEYS", bound)
        stored: set[Key] = set()
        present: set[Key] = set()
        for key, wins in values:
            before, present = present, {key} if wins or not present else present
            stored = join_former(stored, before | {key}, present)
        assert stored == bound_former(key for key, _ in values) - present


def test_a_number_that_comes_back_is_not_a_former_one() -> None:
    one, other = Key("fp", "1"), Key("fp", "2")
    former = join_former(set(), {one, other}, {other})
    assert former == {one}
    assert join_former(former, {other}, {one}) == {other}


def test_of_too_many_former_keys_the_choice_owes_nothing_to_their_order() -> None:
    keys = [Key("fp", str(number)) for number in range(200)]
    kept = bound_former(keys)
    Random(1).shuffle(keys)
    assert bound_former(keys) == kept
    assert len(kept) == document_keys.MAX_FORMER_KEYS


def test_a_document_has_positions_for_words_and_none_for_other_keys() -> None:
    text = format_document("lead", "it's", ["jane", "doe", "jane"], [Key("p", "1")])
    assert text == "'lead.w.jane':1,3 'lead.w.doe':2 'lead.i.it''s' 'lead.p.1'"
