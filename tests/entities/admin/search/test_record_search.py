"""The search of the admin's lists of records, through their addresses, after real events."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Client as ClientRecord
from entities.models import Contact, Lead, Message, SearchDocument
from tests.support.api_client import create_record
from tests.support.staff_client import get_page, list_url, store_and_apply

pytestmark = pytest.mark.django_db

STORED_NUMBERS = {
    "spaces": "+971 50 765 4321",
    "plain": "+971507654321",
    "brackets": "(050) 765-4321",
    "zeros": "00971 50-765-4321",
    "marks": "\u202a+971 50 765 4321\u202c",
}
OTHER_NUMBERS = {"other": "+971 50 765 4322", "short": "4321"}


def store_contact(key: str, first_name: str, last_name: str, **fields: str) -> None:
    names = {"contactId": key, "firstName": first_name, "lastName": last_name}
    payload = {"subAccountId": "sa_b"} | names | fields
    store_and_apply("contact.created", payload, at="2026-03-06T10:00:00Z", vendor="seedly")


def found_contacts(client: Client, term: str) -> set[str]:
    """Return the first names of the contacts that a search finds."""
    page = get_page(client, list_url(Contact), q=term)
    return set(
        re.findall(r'<th scope="row" class="field-name">.*?<span class="line"[^>]*>(\S+) Stored', page)
    )


@pytest.fixture
def numbers() -> None:
    for name, number in (STORED_NUMBERS | OTHER_NUMBERS).items():
        store_contact(f"c_{name}", name, "Stored", phone=number)


@pytest.mark.parametrize(
    "term",
    [
        "+971 50 765 4321",
        "+971507654321",
        "00971 50-765 4321",
        "(050) 765-4321",
        "0507654321",
        "765 4321",
        "7654321",
        "\u202a+971 50 765 4321\u202c",
        "\u200e0507654321",
        "stored 0507654321",
        '"050 765 4321" stored',
    ],
)
def test_a_phone_number_is_found_in_every_notation(client: Client, numbers: None, term: str) -> None:
    assert found_contacts(client, term) == set(STORED_NUMBERS)


def test_the_last_few_digits_of_a_number_are_enough(client: Client, numbers: None) -> None:
    assert found_contacts(client, "4321") == set(STORED_NUMBERS) | {"short"}
    assert found_contacts(client, "65-4321") == set(STORED_NUMBERS)


def test_a_phone_number_is_found_in_every_column_that_holds_one(client: Client) -> None:
    create_record(Lead, name="First", mobile="(050) 765-4321")
    create_record(Lead, name="Second", secondary_mobile="0507654321")
    create_record(ClientRecord, name="Third", phone="00971507654321")
    create_record(Message, from_address="+971507654321", body="Fourth")
    for model, name in ((Lead, "First"), (Lead, "Second"), (ClientRecord, "Third"), (Message, "Fourth")):
        assert name in get_page(client, list_url(model), q="+971 50 765 4321"), name


def test_a_number_that_is_no_phone_number_is_still_found_as_text(client: Client) -> None:
    create_record(ClientRecord, name="Acme", number="2025-0001234-77")
    assert "Acme" in get_page(client, list_url(ClientRecord), q="2025-0001234")


def test_a_search_for_a_number_takes_one_query_more_than_one_for_a_word(client: Client) -> None:
    def count_queries(term: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            get_page(client, list_url(Contact), q=term)
        return len(captured)

    assert count_queries("0507654321") <= count_queries("ann") + 1


def test_quotes_hold_a_phrase_together(client: Client) -> None:
    create_record(Lead, name="Jane Smith of Acme", external_id="ld_1")
    create_record(Lead, name="Smith, Jane", external_id="ld_2")
    for term in (
        '"Jane Smith"',
        '"jane  smith"',
        "\u201cJane Smith\u201d",
        'acme "jane smith"',
        "Jane Smith of",
    ):
        page = get_page(client, list_url(Lead), q=term)
        assert "Jane Smith of Acme" in page, term
        assert "Smith, Jane" not in page, term
    assert "Smith, Jane" in get_page(client, list_url(Lead), q="Jane Smith")


def test_a_phrase_may_be_a_contacts_whole_name(client: Client) -> None:
    store_contact("c_q", "Jane", "Doe-Smith", company='Said "Best" LLC')
    for term in ('"Jane Doe-Smith"', '"Best"', 'Said "Best', '"Best" LLC', '"Said', '"Smith said"'):
        assert "Jane Doe-Smith" in get_page(client, list_url(Contact), q=term), term
    assert "Jane Doe-Smith" not in get_page(client, list_url(Contact), q='"Jane Smith"')


@pytest.mark.parametrize("term", ['"', '""', '" "', '"""', "\u201c", '"a" "b', "\\", "%", "_", "\u202e"])
def test_a_search_for_nothing_but_signs_is_answered(client: Client, term: str) -> None:
    get_page(client, list_url(Contact), q=term)


def test_a_former_number_is_found_too(client: Client) -> None:
    store_contact("c1", "Hana", "Stored", phone="+971 50 765 4321")
    payload = {"subAccountId": "sa_b", "contactId": "c1", "phone": "+971 4 298 0535"}
    store_and_apply("contact.updated", payload, at="2026-03-07T10:00:00Z", vendor="seedly")
    assert found_contacts(client, "0507654321") == {"Hana"}


def test_a_list_says_that_the_keys_are_missing_before_the_first_rebuild(client: Client) -> None:
    store_contact("c1", "Hana", "Stored")
    SearchDocument.objects.all().delete()
    assert "rebuild_mirror" in get_page(client, list_url(Contact), q="hana")
