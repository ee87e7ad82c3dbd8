"""Open amounts and overdue invoices in the API."""

from datetime import date

import pytest
import time_machine
from django.test import Client

from entities.models import Invoice
from tests.support.api_client import create_record, get_ids, get_json
from tests.support.openapi_parameters import read_parameters

pytestmark = pytest.mark.django_db


def test_the_open_amount_is_shown_and_filtered_by(client: Client) -> None:
    row = create_record(Invoice, total=100, amount_open=60)
    create_record(Invoice, total=100, amount_open=0)
    assert get_json(client, f"invoices/{row.pk}/")["amount_open"] == "60.00"
    assert get_ids(client, "invoices/", amount_open__gt=0) == [row.pk]


@time_machine.travel("2026-03-10T12:00:00Z")
def test_invoices_are_filtered_by_whether_they_are_overdue(client: Client) -> None:
    late = create_record(Invoice, due_date=date(2026, 3, 9), amount_open=1, status="sent")
    draft = create_record(Invoice, due_date=date(2026, 3, 9), amount_open=1, status="draft")
    later = create_record(Invoice, due_date=date(2026, 3, 10), amount_open=1)
    unknown = create_record(Invoice)
    create_record(Invoice, due_date=date(2026, 3, 9), amount_open=1, is_deleted=True)
    assert get_ids(client, "invoices/", overdue="true") == [late.pk]
    assert get_ids(client, "invoices/", overdue="False") == [unknown.pk, later.pk, draft.pk]
    assert len(get_ids(client, "invoices/")) == 4


def test_overdue_is_a_flag_of_invoices_alone(client: Client) -> None:
    assert "overdue" in get_json(client, "invoices/", {"overdue": "late"}, status=400)["errors"]
    assert "overdue" in get_json(client, "deals/", {"overdue": "true"}, status=400)["errors"]


def test_the_schema_says_what_overdue_means(client: Client) -> None:
    parameters = read_parameters(client.get("/api/v1/schema/").json(), "/api/v1/invoices/")
    (overdue,) = [parameter for parameter in parameters if parameter["name"] == "overdue"]
    assert overdue["schema"] == {"type": "boolean"}
    assert "due_date is before today (in UTC), amount_open is above 0" in overdue["description"]
