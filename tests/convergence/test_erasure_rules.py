"""Each rule of docs/convergence.md about erased persons, by the fewest events that show it."""

from typing import Any

import pytest

from entities.stored_events import StoredEvent
from tests.support.erased_persons import records_after_erasure
from tests.support.event_builders import CLIENT, DEAL, LEAD, build_event, client_event, deal_event

pytestmark = pytest.mark.django_db

EMAIL = "jane@example.com"


def jane(minute: int = 1, **payload: Any) -> StoredEvent:
    """Store an event of the client who is erased."""
    return client_event("updated", minute, name="Jane Doe", email=EMAIL, **payload)


def lead_event(minute: int, **payload: Any) -> StoredEvent:
    return build_event("heffl", "lead.updated", minute, {"id": "l"} | payload)


def test_a_newer_event_about_an_erased_person_brings_nothing_back() -> None:
    records = records_after_erasure(jane, late=[lambda: jane(9)])
    assert CLIENT not in records


def test_no_older_reference_comes_back_for_that_to_an_erased_person() -> None:
    records = records_after_erasure(
        jane,
        lambda: deal_event("updated", 1, clientId="former"),
        lambda: deal_event("updated", 2, clientId="c"),
    )
    assert records[DEAL]["client"] is None


def test_a_referring_record_loses_what_it_says_of_an_erased_person_in_all_its_events() -> None:
    records = records_after_erasure(
        jane,
        lambda: deal_event("updated", 1, title="Roof for Jane", price=5),
        lambda: deal_event("updated", 2, clientId="c"),
        late=[lambda: deal_event("updated", 3, title="Jane's second roof")],
    )
    assert (records[DEAL]["title"], records[DEAL]["value"]) == (None, 5)


def test_what_an_emptied_event_says_of_others_is_kept() -> None:
    records = records_after_erasure(
        lambda: deal_event("updated", 1, price=5, client={"id": "c", "name": "Jane Doe"})
    )
    assert CLIENT not in records
    assert records.get(DEAL, {}).get("value") == 5


def test_a_record_that_has_an_erased_address_is_the_persons_too() -> None:
    records = records_after_erasure(
        jane,
        late=[lambda: lead_event(2, name="Jane"), lambda: lead_event(3, email=EMAIL.upper())],
    )
    assert LEAD not in records


def test_a_record_that_begins_to_refer_to_an_erased_person_loses_its_past() -> None:
    records = records_after_erasure(
        jane,
        lambda: deal_event("updated", 2, title="Roof for Jane", price=5),
        late=[lambda: deal_event("updated", 3, clientId="c")],
    )
    assert (records[DEAL]["title"], records[DEAL]["client"], records[DEAL]["value"]) == (None, None, 5)


def test_a_value_in_which_an_erased_address_stands_is_null_wherever_it_is() -> None:
    records = records_after_erasure(
        jane,
        lambda: deal_event("updated", 2, title="Fence", remark=f"ask {EMAIL}"),
        late=[lambda: deal_event("updated", 3, note=f"or {EMAIL}")],
    )
    assert records[DEAL]["title"] == "Fence"
    assert records[DEAL]["extra"] == {"remark": None, "note": None}
