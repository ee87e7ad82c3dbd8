"""The records that refer to a record, on its page."""

import pytest
from django.test import Client

from entities.admin.record_page.related_records import DETAILS
from entities.models import Contact, Deal, Invoice, Task
from entities.models.introspection import record_models_by_name
from tests.support.access_limits import create_member, limit, log_in
from tests.support.api_client import create_record, ensure_source
from tests.support.staff_client import get_page, log_in_staff, page_url

pytestmark = pytest.mark.django_db


def related_part(client: Client, row: Contact) -> str:
    page = get_page(client, page_url(row))
    return page[page.index('class="related-column"') : page.index('id="timeline"')]


def test_details_are_columns_of_their_entities() -> None:
    for name, columns in DETAILS.items():
        assert all(hasattr(record_models_by_name()[name], column) for column in columns), name


def test_a_related_record_is_called_by_its_title_with_what_staff_ask_about_it() -> None:
    hana = create_record(Contact, first_name="Hana")
    create_record(Deal, contact=hana, title="Licence", value=5, status="open", stage_name="Offer")
    create_record(Invoice, contact=hana, number="INV-7", total=9, currency="EUR", status="sent")
    part = related_part(log_in_staff(), hana)
    assert "Licence" in part
    assert "5.00" in part
    assert "Offer" in part
    assert "INV-7, EUR 9.00" in part


def test_a_deleted_related_record_is_marked() -> None:
    hana = create_record(Contact)
    create_record(Task, contact=hana, title="Call", is_deleted=True)
    assert 'data-word="deleted"' in related_part(log_in_staff(), hana)


def test_kinds_that_the_viewer_may_not_see_are_neither_shown_nor_counted() -> None:
    source, other = ensure_source("own"), ensure_source("other")
    hana = create_record(Contact, source=source)
    create_record(Deal, source=source, contact=hana, title="Licence")
    create_record(Task, source=other, contact=hana, title="Elsewhere")
    assert "Licence" not in related_part(log_in_staff("view_contact", "view_task"), hana)
    limited = related_part(log_in(limit(create_member("Viewer"), source)), hana)
    assert "Licence" in limited
    assert "Elsewhere" not in limited
