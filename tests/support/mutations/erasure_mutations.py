"""The mutations of the rules of erased persons."""

from typing import Any

import pytest

from entities.erasure import redaction
from entities.erasure.marks import KnownMarks
from entities.erasure.redaction import Writes, redact_writes, reference_models
from entities.models.introspection import record_models_by_name
from entities.writing.source_statement import SourceKey
from events.privacy import carry_out
from events.withholding import withhold
from tests.convergence import test_erasure_rules
from tests.support.mutations.mutation import Mutation


def _redact_without_references(key: SourceKey, writes: Writes, known: KnownMarks) -> dict[str, Any] | None:
    redacted = redact_writes(key, writes, known)
    references = reference_models(record_models_by_name()[key[1].model])
    if redacted is None:
        return None
    return {
        name: value
        for name, value in redacted.items()
        if not (name in references and value is None and writes[name] is not None)
    }


def _nothing_new(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(withhold, "find_new_marks", lambda said, known: set())


def _keep_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(carry_out, "write_entries", lambda entries: None)


ERASURES = [
    Mutation(
        "a newer event about an erased person is applied whole",
        lambda patch: patch.setattr(withhold.Withholding, "revise", lambda self, mapped: list(mapped)),
        test_erasure_rules.test_a_newer_event_about_an_erased_person_brings_nothing_back,
    ),
    Mutation(
        "a reference to an erased person is left out",
        lambda patch: patch.setattr(redaction, "redact_writes", _redact_without_references),
        test_erasure_rules.test_no_older_reference_comes_back_for_that_to_an_erased_person,
    ),
    Mutation(
        "what a referring record says of an erased person stays",
        lambda patch: patch.setattr(redaction, "_is_about_referred", lambda model, name: False),
        test_erasure_rules.test_a_referring_record_loses_what_it_says_of_an_erased_person_in_all_its_events,
    ),
    Mutation(
        "what an emptied event says of others goes with its body",
        _keep_nothing,
        test_erasure_rules.test_what_an_emptied_event_says_of_others_is_kept,
    ),
    Mutation(
        "a record that has an erased address is somebody else's",
        lambda patch: patch.setattr(redaction, "_has_own_address", lambda *_: False),
        test_erasure_rules.test_a_record_that_has_an_erased_address_is_the_persons_too,
    ),
    Mutation(
        "a record that begins to refer to an erased person keeps its past",
        _nothing_new,
        test_erasure_rules.test_a_record_that_begins_to_refer_to_an_erased_person_loses_its_past,
    ),
    Mutation(
        "a value in which an erased address stands stays",
        lambda patch: patch.setattr(KnownMarks, "has_address", lambda *_: False),
        test_erasure_rules.test_a_value_in_which_an_erased_address_stands_is_null_wherever_it_is,
    ),
]
