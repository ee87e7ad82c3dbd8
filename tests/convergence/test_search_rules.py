"""Each rule of docs/convergence.md about search keys, by the fewest events that show it."""

import pytest

from entities.models import SearchDocument
from entities.stored_events import StoredEvent
from tests.support.bounds import tight_bounds
from tests.support.event_builders import (
    CLIENT,
    CONTACT,
    apply_in_every_way,
    client_event,
    contact_event,
    records_after,
)
from tests.support.event_builders import deal_event as deal

pytestmark = pytest.mark.django_db

OLD, NEW, OTHER = "+44 663 8758050", "+49 215 7254293", "+1 555 0001"


def keys_of(record: tuple[str, str, str], *events: StoredEvent) -> dict[str, list[int] | None]:
    """Return the record's lexemes without its type: with their positions."""
    lexemes = records_after(*events)[record]["search keys"] or {}
    return {lexeme.partition(".")[2]: positions for lexeme, positions in lexemes.items()}


def reverse(phone: str) -> str:
    return phone.replace(" ", "")[::-1]


def test_a_record_is_found_by_the_words_of_its_present_values() -> None:
    events = (
        contact_event("updated", 1, firstName="Old"),
        contact_event("updated", 2, firstName="José", lastName="Doe"),
    )
    assert keys_of(CONTACT, *events) == {"w.jose": [1], "w.doe": [2], "i.ct": None}


def test_words_that_were_written_at_different_times_stand_in_the_order_of_the_columns() -> None:
    events = contact_event("updated", 2, firstName="Jane"), contact_event("updated", 1, lastName="Doe")
    assert keys_of(CONTACT, *events) == {"w.jane": [1], "w.doe": [2], "i.ct": None}


def test_a_phone_that_an_older_event_wrote_is_a_former_one_whenever_it_arrives() -> None:
    events = contact_event("updated", 1, phone=OLD), contact_event("updated", 2, phone=NEW)
    assert keys_of(CONTACT, *events) == {f"p.{reverse(NEW)}": None, f"fp.{reverse(OLD)}": None, "i.ct": None}


def test_a_phone_that_came_back_is_no_former_one() -> None:
    events = [
        contact_event("updated", minute, phone=phone) for minute, phone in ((1, OLD), (2, NEW), (3, OLD))
    ]
    assert keys_of(CONTACT, *events) == {f"p.{reverse(OLD)}": None, f"fp.{reverse(NEW)}": None, "i.ct": None}


def test_a_phone_that_was_cleared_is_a_former_one() -> None:
    events = contact_event("updated", 1, phone=OLD), contact_event("updated", 2, phone=None)
    assert keys_of(CONTACT, *events) == {f"fp.{reverse(OLD)}": None, "i.ct": None}


def test_former_phones_stay_when_another_column_changes() -> None:
    events = (
        contact_event("updated", 1, phone=OLD),
        contact_event("updated", 2, phone=NEW),
        contact_event("updated", 3, firstName="Jane"),
    )
    assert f"fp.{reverse(OLD)}" in keys_of(CONTACT, *events)


def test_an_email_is_found_whole_and_by_its_words_and_a_former_one_whole() -> None:
    events = (
        contact_event("updated", 1, email="a@b.example"),
        contact_event("updated", 2, email="c@d.example"),
    )
    assert keys_of(CONTACT, *events) == {
        "w.c": [1],
        "w.d": [2],
        "w.example": [3],
        "e.c@d.example": None,
        "fe.a@b.example": None,
        "i.ct": None,
    }


def test_of_many_former_phones_the_choice_owes_nothing_to_their_order() -> None:
    phones = ((1, OLD), (2, NEW), (3, OTHER))
    events = [contact_event("updated", minute, phone=phone) for minute, phone in phones]
    with tight_bounds():
        former = [lexeme for lexeme in keys_of(CONTACT, *events) if lexeme.startswith("fp.")]
    assert former == [f"fp.{reverse(NEW)}"]


def test_a_placeholder_is_found_by_its_id_alone_and_a_copy_gives_it_words() -> None:
    assert keys_of(CLIENT, deal("updated", 1, clientId="c")) == {"i.c": None}
    copy = deal("updated", 2, client={"id": "c", "name": "Acme"})
    assert keys_of(CLIENT, deal("updated", 1, clientId="c"), copy) == {"w.acme": [1], "i.c": None}


def test_a_deleted_record_keeps_its_keys() -> None:
    events = client_event("updated", 1, name="Acme"), client_event("deleted", 2)
    assert "w.acme" in keys_of(CLIENT, *events)


def test_the_keys_belong_to_the_records_source_and_to_its_sub_account_which_belongs_to_itself() -> None:
    event = contact_event("updated", 1, firstName="Jane")
    documents = apply_in_every_way(
        (event,), lambda: set(SearchDocument.objects.values_list("record_type", "source", "scope"))
    )
    assert documents == {("contact", event.source_id, "sa"), ("subaccount", event.source_id, "sa")}
