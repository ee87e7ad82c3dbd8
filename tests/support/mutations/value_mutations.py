"""The mutations of the rules of how a value is read."""

from datetime import UTC

import pytest

from entities.reading import column_values, converters, mapper, record_reading, times
from entities.reading.plans.entity_plans import entity_plans
from entities.reading.plans.event_plans import find_event_plan
from entities.reading.texts import is_blank
from tests.convergence import (
    test_reading_rules,
)
from tests.support.mutations.mutation import Mutation, replace_in_readers


def _date_in_utc(patch: pytest.MonkeyPatch) -> None:
    written = times._parse_written_time
    patch.setattr(times, "_parse_written_time", lambda *value: times._to_zone(written(*value), UTC))


def _without_time_zone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(mapper, "entity_plans", lambda vendor, time_zone: entity_plans(vendor))
    patch.setattr(
        mapper, "find_event_plan", lambda vendor, event_type, time_zone: find_event_plan(vendor, event_type)
    )


VALUES = [
    Mutation(
        "every number is a time in milliseconds",
        lambda patch: patch.setattr(times, "EPOCH_UNITS", ((10**17, 1_000),)),
        test_reading_rules.test_the_time_of_an_event_in_seconds_is_ordered_as_any_other,
    ),
    Mutation(
        "a number of any magnitude is a time",
        lambda patch: patch.setattr(times, "MIN_EPOCH", 0),
        test_reading_rules.test_a_number_of_no_units_magnitude_is_no_time,
    ),
    Mutation(
        "a date is its day in UTC",
        _date_in_utc,
        test_reading_rules.test_a_date_is_the_day_that_was_written_in_the_offset_that_was_written,
    ),
    Mutation(
        "a source's time zone does not count",
        _without_time_zone,
        test_reading_rules.test_a_date_in_utc_is_a_day_of_the_sources_time_zone,
    ),
    Mutation(
        "an empty text is a value",
        lambda patch: patch.setattr(column_values, "is_null", lambda column, raw: raw is None),
        test_reading_rules.test_an_empty_text_is_null_in_the_records_own_event,
    ),
    Mutation(
        "an empty text beside a reference is a value",
        lambda patch: patch.setattr(record_reading, "is_null", lambda column, raw: raw is None),
        test_reading_rules.test_an_empty_text_says_nothing_in_a_copy_or_beside_a_reference,
    ),
    Mutation(
        "a document's empty text is null",
        lambda patch: replace_in_readers(patch, "is_null", lambda column, raw: is_blank(raw)),
        test_reading_rules.test_a_document_and_extra_keep_an_empty_text,
    ),
    Mutation(
        "a text is as it came",
        lambda patch: patch.setattr(converters, "normalize_text", lambda text: text),
        test_reading_rules.test_a_text_is_composed_and_without_invisible_ends,
    ),
]
