"""Who may be the same person or company elsewhere, with grade and evidence."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entities.models import Client as ClientRecord
from entities.models import Contact, Deal, Lead, Message, Record
from entities.search.same_persons import find_same_persons
from tests.support.access_limits import create_member, limit
from tests.support.api_client import create_record, ensure_source
from tests.support.staff_client import create_staff_user

pytestmark = pytest.mark.django_db

PHONE = "+971 50 765 4321"


@pytest.fixture
def viewer() -> User:
    return create_staff_user()


def grades(viewer: User, record: Record) -> dict[str, str]:
    """Return what the record may be the same as: external id -> grade."""
    return {same.record.external_id: same.grade for same in find_same_persons(viewer, record).records}


def contact(key: str, first_name: str, **fields: Any) -> Contact:
    row: Contact = create_record(Contact, external_id=key, first_name=first_name, **fields)
    return row


@pytest.mark.parametrize("notation", ["0507654321", "00971 50-765 4321", "971507654321", "(050) 765-4321"])
def test_an_equal_phone_in_any_notation_with_a_word_of_the_name_is_likely(
    viewer: User, notation: str
) -> None:
    row = contact("c1", "José", phone=PHONE)
    create_record(ClientRecord, external_id="same", name="Dr. JOSE Silva", phone=notation)
    create_record(Lead, external_id="other", name="Tom Weber", mobile=notation)
    assert grades(viewer, row) == {"same": "likely", "other": "shares the phone"}


def test_an_equal_email_is_likely_whatever_the_name(viewer: User) -> None:
    row = contact("c1", "Jane", email="Jane@Acme.example")
    contact("c2", "Tom", email="jane@acme.example", source=ensure_source("elsewhere"))
    contact("c3", "Jane", email="jane@other.example")
    assert grades(viewer, row) == {"c2": "likely"}
    assert find_same_persons(viewer, row).records[0].evidence == ("Jane@Acme.example",)


def test_a_name_in_one_field_is_a_name_too(viewer: User) -> None:
    row = contact("c1", "Jane", phone=PHONE)
    create_record(Contact, external_id="whole", name="Jane Smith", phone=PHONE)
    create_record(Contact, external_id="other", name="Tom Weber", phone=PHONE)
    assert grades(viewer, row) == {"whole": "likely", "other": "shares the phone"}


def test_another_number_that_ends_with_the_same_digits_is_another(viewer: User) -> None:
    row = contact("c1", "Jane", phone="7654321")
    contact("c2", "Jane", phone=PHONE)
    assert grades(viewer, row) == {}


def test_a_number_without_a_country_is_read_in_the_sources_region(viewer: User) -> None:
    russian = ensure_source("moscow", default_region="RU")
    row = contact("c1", "Ivan", phone="+7 916 123-45-67")
    contact("c2", "Иван", phone="8 (916) 123-45-67", source=russian)
    assert grades(viewer, row) == {"c2": "shares the phone"}


def test_a_value_that_more_than_five_records_share_is_named_and_lists_none(viewer: User) -> None:
    row = contact("c0", "Jane", phone=PHONE, email="jane@acme.example")
    contact("c_email", "Jane", email="jane@acme.example")
    for number in range(1, 5):
        contact(f"c{number}", "Jane", phone=PHONE)
    assert len(grades(viewer, row)) == 5
    contact("c5", "Jane", phone=PHONE)
    assert grades(viewer, row) == {"c_email": "likely"}
    (shared,) = find_same_persons(viewer, row).shared
    assert (shared.value, shared.count) == (PHONE, 6)


def test_only_persons_and_companies_are_the_same(viewer: User) -> None:
    row = contact("c1", "Jane", email="jane@acme.example")
    message = create_record(Message, from_address="jane@acme.example")
    assert grades(viewer, row) == grades(viewer, message) == grades(viewer, create_record(Deal)) == {}


def test_kinds_that_the_viewer_may_not_view_are_left_out() -> None:
    row = contact("c1", "Jane", email="jane@acme.example")
    create_record(Lead, name="Jane", email="jane@acme.example")
    assert grades(create_staff_user("view_contact"), row) == {}


def test_one_query_is_enough(viewer: User) -> None:
    row = Contact.objects.select_related("source").get(
        pk=contact("c1", "Jane", email="jane@acme.example", phone=PHONE).pk
    )
    for number in range(4):
        create_record(Lead, name=f"Jane {number}", email="jane@acme.example", mobile=PHONE)
    with CaptureQueriesContext(connection) as captured:
        assert len(find_same_persons(viewer, row).records) == 4
    assert len(captured) == 1


def test_records_of_sources_that_the_viewer_does_not_see_are_left_out() -> None:
    row = contact("c1", "Jane", email="jane@acme.example", source=ensure_source("seen"))
    contact("c2", "Jane", email="jane@acme.example", source=ensure_source("hidden"))
    assert grades(create_member("Viewer"), row) == {"c2": "likely"}
    assert grades(limit(create_member("Viewer"), ensure_source("seen")), row) == {}
