"""The mutations of the rules of the search keys."""

from collections.abc import Callable, Iterable

import pytest

from entities.search import document_keys
from entities.search.document_keys import join_former
from entities.search.search_keys import Key
from entities.writing import search_writer
from entities.writing.source_statement import SourceKey, SourceStatement
from tests.convergence import (
    test_search_rules,
)
from tests.support.mutations.mutation import Mutation


def _read_stored_former(read: Callable[[Iterable[str]], set[Key]]) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(search_writer, "read_former", read)


def _join_first_former(stored: set[Key], written: set[Key], present: set[Key]) -> set[Key]:
    is_full = len(stored) >= document_keys.MAX_FORMER_KEYS
    return stored - present if is_full else join_former(stored, written, present)


def _newest_values_only(statements: Iterable[SourceStatement]) -> dict[SourceKey, set[tuple[str, str]]]:
    return {}


SEARCH = [
    Mutation(
        "former phones are forgotten when another column changes",
        _read_stored_former(lambda lexemes: set()),
        test_search_rules.test_former_phones_stay_when_another_column_changes,
    ),
    Mutation(
        "what an older event wrote is no former phone if it arrives late",
        lambda patch: patch.setattr(search_writer, "_collect_former_values", _newest_values_only),
        test_search_rules.test_a_phone_that_an_older_event_wrote_is_a_former_one_whenever_it_arrives,
    ),
    Mutation(
        "a phone that came back is a former one too",
        lambda patch: patch.setattr(
            search_writer, "join_former", lambda stored, written, present: stored | written
        ),
        test_search_rules.test_a_phone_that_came_back_is_no_former_one,
    ),
    Mutation(
        "of too many former phones the first to arrive are kept",
        lambda patch: patch.setattr(search_writer, "join_former", _join_first_former),
        test_search_rules.test_of_many_former_phones_the_choice_owes_nothing_to_their_order,
    ),
    Mutation(
        "a placeholder is found by nothing",
        lambda patch: patch.setattr(search_writer, "INSERT_MISSING_DOCUMENTS", "SELECT %s"),
        test_search_rules.test_a_placeholder_is_found_by_its_id_alone_and_a_copy_gives_it_words,
    ),
]
