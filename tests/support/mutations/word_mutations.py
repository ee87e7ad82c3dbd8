"""The mutations of the rules of the words in use."""

from collections.abc import Callable

import pytest

from entities.writing.words import write_words
from tests.convergence import (
    test_word_rules,
)
from tests.support.mutations.mutation import Mutation

COLLECT = write_words.collect_words


def _change_keys(change: Callable[..., object]) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a mutation that writes other keys."""
    return lambda patch: patch.setattr(
        write_words, "collect_words", lambda statements: set(map(change, COLLECT(statements)))
    )


def _own_events_only(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        write_words,
        "collect_words",
        lambda statements: COLLECT([one for one in statements if "exists" in one.writes]),
    )


WORDS = [
    Mutation(
        "the last word replaces the others",
        lambda patch: patch.setattr(
            write_words,
            "WRITE_WORDS",
            "WITH former AS (DELETE FROM entities_word) " + write_words.WRITE_WORDS,  # noqa: S608
        ),
        test_word_rules.test_a_word_that_did_not_win_or_no_record_has_any_more_is_kept,
    ),
    Mutation(
        "sub-accounts share their words",
        _change_keys(lambda key: key._replace(scope="")),
        test_word_rules.test_the_words_of_a_sub_account_are_its_own,
    ),
    Mutation(
        "any text is a word",
        lambda patch: patch.setattr(write_words, "MAX_WORD_LENGTH", 1000),
        test_word_rules.test_a_null_an_empty_text_and_a_very_long_one_are_no_words,
    ),
    Mutation(
        "copies say no words",
        _own_events_only,
        test_word_rules.test_a_copy_says_words_too,
    ),
]
