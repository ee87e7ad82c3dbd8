"""Lists and details of the mirrored records, through their addresses."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from entities.api.views import api_path
from entities.models import Client as ClientRecord
from entities.models import Contact, Deal, Invoice, Lead, Payment, Record, SubAccount
from entities.models.introspection import record_models
from tests.support.api_client import create_record, ensure_source, get_ids, get_json

pytestmark = pytest.mark.django_db

COMMON_COLUMNS = [
    "id",
    "source",
    "sub_account",
    "external_id",
    "is_placeholder",
    "is_deleted",
    "deleted_at",
    "merged_into",
    "created_at",
    "first_event_at",
    "last_event_at",
    "first_seen_at",
    "changed_at",
    "extra",
    "extra_omitted",
]
OWN_COLUMNS = {
    "leads": "name title email mobile secondary_mobile website value origin stage_name stage_ref stage"
    " owner_ref owner owner_name stage_since archived custom_fields",
    "deals": "title number value currency status vendor_status priority expected_close_date closed_at won_at"
    " lost_at status_since stage_since lost_reason stage_name stage_ref stage pipeline_ref pipeline origin"
    " client contact lead owner_ref owner owner_name custom_fields",
    "clients": "name number type first_name last_name email phone tax_number website custom_fields",
    "contacts": "name first_name last_name email phone company_name job_title origin lifecycle_stage tags"
    " client owner_ref owner owner_name",
    "invoices": "number client client_name contact status vendor_status total amount_paid amount_open"
    " currency due_date paid_at salesperson_ref salesperson",
    "quotations": "number client client_name deal status vendor_status total",
    "payments": "client invoice amount currency method reference paid_at notes",
    "appointments": "title contact calendar_ref calendar type_ref type starts_at ends_at status",
    "tasks": "title contact status priority due_at completed_at assignee_ref assignee",
    "messages": "contact conversation_ref channel direction body from_address status provider_ref"
    " occurred_at",
    "form-submissions": "form_ref form form_name contact answers submitted_at",
    "sub-accounts": "location_id",
}


def test_the_root_lists_every_path(client: Client) -> None:
    others = {"events", "sources", "history", "changes", "search", "schema", "docs"}
    assert others | OWN_COLUMNS.keys() == get_json(client, "").keys()


@pytest.mark.parametrize("model", record_models(), ids=api_path)
def test_a_record_has_the_documented_fields_in_their_order(client: Client, model: type[Record]) -> None:
    row = create_record(model)
    path = api_path(model)
    body = get_json(client, f"{path}/{row.pk}/")
    assert list(body) == COMMON_COLUMNS + OWN_COLUMNS[path].split(), (
        f"write the columns of {path} in OWN_COLUMNS"
    )
    assert get_json(client, f"{path}/") == {
        "next": None,
        "next_cursor": None,
        "previous": None,
        "results": [body],
    }


def test_a_deal_is_shown_as_documented(client: Client) -> None:
    account = create_record(SubAccount, external_id="sa_1")
    buyer = create_record(ClientRecord)
    deal = create_record(
        Deal,
        external_id="dl_1",
        sub_account=account,
        scope="sa_1",
        created_at=datetime(2025, 1, 15, 10, 30, tzinfo=UTC),
        value=Decimal("25000"),
        expected_close_date=date(2025, 3, 1),
        client=buyer,
        custom_fields={"tier": ["gold"]},
        extra={"colour": "red"},
    )
    body = get_json(client, f"deals/{deal.pk}/")
    expected = {
        "id": deal.pk,
        "source": "acme",
        "sub_account": account.pk,
        "external_id": "dl_1",
        "created_at": "2025-01-15T10:30:00.000000Z",
        "value": "25000.00",
        "expected_close_date": "2025-03-01",
        "client": buyer.pk,
        "contact": None,
        "custom_fields": {"tier": ["gold"]},
        "extra": {"colour": "red"},
    }
    assert {name: body[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("25000", "25000.00"),
        ("0", "0.00"),
        ("0.1234", "0.1234"),
        ("0.5", "0.50"),
        ("100.100", "100.10"),
        ("-7.125", "-7.125"),
        ("9999999999999999.9999", "9999999999999999.9999"),
    ],
)
def test_amounts_have_two_decimals_or_as_many_as_they_need(
    client: Client, stored: str, expected: str
) -> None:
    payment = create_record(Payment, amount=Decimal(stored))
    assert get_json(client, f"payments/{payment.pk}/")["amount"] == expected


def test_deleted_records_and_placeholders_are_listed_on_request(client: Client) -> None:
    live = create_record(Deal).pk
    deleted = create_record(Deal, is_deleted=True).pk
    referred = create_record(Deal, is_placeholder=True).pk
    assert get_ids(client, "deals/") == [live]
    assert get_ids(client, "deals/", include_deleted="true") == [deleted, live]
    assert get_ids(client, "deals/", include_placeholders="true") == [referred, live]
    assert get_ids(client, "deals/", include_deleted="true", include_placeholders="true") == [
        referred,
        deleted,
        live,
    ]
    assert get_ids(client, "deals/", include_deleted="false") == [live]


def test_a_filter_on_the_column_itself_asks_for_deleted_records(client: Client) -> None:
    create_record(Deal)
    deleted = create_record(Deal, is_deleted=True).pk
    assert get_ids(client, "deals/", is_deleted="true") == [deleted]


def test_one_record_is_shown_also_where_lists_leave_it_out(client: Client) -> None:
    referred = create_record(Contact, is_placeholder=True, is_deleted=True)
    assert get_json(client, f"contacts/{referred.pk}/")["is_placeholder"] is True
    assert get_json(client, f"contacts/{referred.pk}/", {"include_deleted": "true"})["is_deleted"] is True


@pytest.mark.parametrize("model", record_models(), ids=api_path)
def test_the_number_of_queries_is_the_same_for_any_number_of_rows(
    client: Client, model: type[Record], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Expect queries for the token with its user, for its limits, and for the rows with their sources; for a
    list, one more for the end of the change feed."""
    account = create_record(SubAccount)
    for slug in ("one", "two", "three"):
        row = create_record(model, source=ensure_source(slug), sub_account=account)
    with django_assert_num_queries(4):
        assert len(get_json(client, f"{api_path(model)}/", {"page_size": 2})["results"]) == 2
    with django_assert_num_queries(4):
        assert len(get_json(client, f"{api_path(model)}/")["results"]) >= 3
    with django_assert_num_queries(3):
        get_json(client, f"{api_path(model)}/{row.pk}/")


@pytest.mark.parametrize(
    "id", ["0", "77", "99999999999999999999", "9" * 5000, "abc", "-1", "%00", "%0A", "a%0A/b"]
)
def test_an_id_without_a_record_is_a_404_problem(client: Client, id: str) -> None:  # noqa: A002
    response = client.get(f"/api/v1/deals/{id}/")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == 404


def test_an_unknown_address_below_the_api_is_a_404_problem(client: Client) -> None:
    response = client.get("/api/v1/nothing/here/")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert client.get("/api/v1/deals").status_code == 301


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_written(client: Client, method: str) -> None:
    deal = create_record(Deal)
    for path in ("deals/", f"deals/{deal.pk}/", f"deals/{deal.pk}/timeline/", "events/", ""):
        response = getattr(client, method)(f"/api/v1/{path}", {}, content_type="application/json")
        assert response.status_code == 405, path
        assert response["Content-Type"] == "application/problem+json"


def test_leads_and_invoices_show_flags_and_currencies(client: Client) -> None:
    lead = create_record(Lead, archived=False)
    invoice = create_record(Invoice, currency="AED", due_date=date(2025, 2, 28))
    assert get_json(client, f"leads/{lead.pk}/")["archived"] is False
    body = get_json(client, f"invoices/{invoice.pk}/")
    assert (body["currency"], body["due_date"]) == ("AED", "2025-02-28")
