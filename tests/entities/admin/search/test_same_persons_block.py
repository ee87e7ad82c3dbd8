"""The block of a record's page with who may be the same elsewhere."""

import pytest

from entities.models import Client as ClientRecord
from entities.models import Contact, Lead
from tests.support.api_client import create_record, ensure_source
from tests.support.staff_client import get_page, log_in_staff, page_url

pytestmark = pytest.mark.django_db

HEADING = "Possibly the same elsewhere"


def test_a_record_page_shows_who_may_be_the_same_with_the_evidence() -> None:
    row = create_record(Contact, first_name="Hana", last_name="Nguyen", phone="+971 50 765 4321")
    other = create_record(ClientRecord, source=ensure_source("other"), name="Hana N.", phone="0507654321")
    stranger = create_record(Lead, name="Tom Weber", mobile="00971507654321")
    page = get_page(log_in_staff(), page_url(row))
    block = page[page.index(HEADING) :]
    assert block.index(page_url(other)) < block.index("the name hana") < block.index("likely")
    assert block.index("likely") < block.index(page_url(stranger)) < block.index("shares the phone")


def test_a_record_without_an_equal_has_no_block() -> None:
    row = create_record(Contact, first_name="Hana", phone="+971 50 765 4321")
    assert HEADING not in get_page(log_in_staff(), page_url(row))
