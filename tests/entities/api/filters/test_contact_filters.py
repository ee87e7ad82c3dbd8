"""Filters by emails in any case, by phone numbers in any notation, and by words."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import Client as ClientRecord
from entities.models import Contact, Deal, Lead, Message, SearchDocument, TimelineEntry
from tests.support.api_client import (
    NOW,
    create_api_client,
    create_record,
    create_timeline_entry,
    ensure_source,
    get_ids,
    get_json,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    ensure_source(default_region="AE")
    return create_api_client()


def test_emails_compare_without_case(client: Client) -> None:
    ann = create_record(Contact, email="Ann@Example.com")
    bob = create_record(Contact, email="bob@example.com")
    none = create_record(Contact)
    for text in ("ann@example.com", "ANN@EXAMPLE.COM", "Ann@Example.com", " ann@example.com "):
        assert get_ids(client, "contacts/", email=text) == [ann.pk], text
    assert get_ids(client, "contacts/", email__in="ANN@example.com,BOB@example.com,x") == [bob.pk, ann.pk]
    assert get_ids(client, "contacts/", email__not="ANN@example.com") == [none.pk, bob.pk]
    assert get_ids(client, "contacts/", email__not_in="ANN@example.com,bob@EXAMPLE.com") == [none.pk]
    assert get_ids(client, "contacts/", email="ann@example") == []
    assert get_ids(client, "contacts/", email="ann_@example.com") == []


@pytest.mark.parametrize("stored", ["+971 50 765 4321", "00971507654321", "(050) 765-4321", "٠٥٠٧٦٥٤٣٢١"])
def test_a_phone_is_found_in_any_notation(client: Client, stored: str) -> None:
    row = create_record(Contact, phone=stored)
    other = create_record(Contact, phone="+971507654322")
    for text in ("+971507654321", "0507654321", "050-765-4321", "00971 50 765 4321", stored):
        assert get_ids(client, "contacts/", phone=text) == [row.pk], text
        assert get_ids(client, "contacts/", phone__not=text) == [other.pk], text
    assert get_ids(client, "contacts/", phone__in="0507654321,0507654322") == [other.pk, row.pk]


def test_a_number_in_another_column_is_no_match(client: Client) -> None:
    lead = create_record(Lead, mobile="+971507654321", secondary_mobile="+971501111111")
    assert get_ids(client, "leads/", mobile="0507654321") == [lead.pk]
    assert get_ids(client, "leads/", mobile="0501111111") == []
    assert get_ids(client, "leads/", secondary_mobile="0501111111") == [lead.pk]
    assert get_ids(client, "leads/", secondary_mobile__not="0507654321") == [lead.pk]


def test_what_is_no_phone_number_is_compared_as_it_is(client: Client) -> None:
    row = create_record(ClientRecord, phone="ext. 5", email="none")
    assert get_ids(client, "clients/", phone="ext. 5") == [row.pk]
    assert get_ids(client, "clients/", phone__in="ext. 5,0507654321") == [row.pk]
    assert get_ids(client, "clients/", email="none") == [row.pk]
    assert get_ids(client, "clients/", phone="") == []


def test_an_address_of_a_message_is_an_email_or_a_phone(client: Client) -> None:
    mail = create_record(Message, from_address="Ann@Example.com")
    call = create_record(Message, from_address="+971 50 765 4321")
    assert get_ids(client, "messages/", from_address="ann@example.com") == [mail.pk]
    assert get_ids(client, "messages/", from_address="0507654321") == [call.pk]
    assert get_ids(client, "messages/", from_address__in="0507654321,ANN@example.com") == [call.pk, mail.pk]


def test_a_list_is_searched_as_all_records_are(client: Client) -> None:
    jane = create_record(Contact, first_name="Jané", last_name="Smith", phone="+971507654321")
    create_record(Contact, first_name="John", last_name="Smith")
    create_record(Lead, name="Jane Smith")
    for text in ("jane smi", '"Jane Smith"', "0507654321", "4321", jane.external_id):
        assert get_ids(client, "contacts/", search=text) == [jane.pk], text
    assert get_ids(client, "contacts/", search="smith", last_name="Smith", first_name="John") != [jane.pk]
    assert get_ids(client, "contacts/", search="...") == []
    assert client.get("/api/v1/contacts/?search=+971507654321").json()["results"][0]["id"] == jane.pk


def test_a_contact_is_found_by_its_name_in_one_field(client: Client) -> None:
    jane = create_record(Contact, name="Jané Smith", company_name="Acme")
    create_record(Contact, name="John Smith")
    for text in ("jane smi", '"Jane Smith"', '"Smith Acme"'):
        assert get_ids(client, "contacts/", search=text) == [jane.pk], text
    assert get_ids(client, "contacts/", name__icontains="SMITH", company_name="Acme") == [jane.pk]


def test_a_mirror_without_search_keys_says_so_instead_of_finding_nothing(client: Client) -> None:
    contact = create_record(Contact, email="ann@example.com")
    create_timeline_entry(contact, NOW, {})
    SearchDocument.objects.all().delete()
    assert TimelineEntry.objects.exists()
    for query in ({"email": "ann@example.com"}, {"search": "ann"}):
        assert "rebuild_mirror" in get_json(client, "contacts/", query, status=503)["detail"]
    assert int(client.get("/api/v1/contacts/?search=ann")["Retry-After"]) > 0


def test_a_filter_by_a_phone_reads_the_index_of_the_keys(client: Client) -> None:
    create_record(Contact, phone="+971507654321", email="a@b.example")
    with connection.cursor() as cursor:
        # Of so small a table, all rows are read as quickly.
        cursor.execute("SET LOCAL enable_seqscan = off")
    for query in ({"phone": "0507654321"}, {"email": "A@b.example"}, {"search": "a@b.example"}):
        with CaptureQueriesContext(connection) as queries:
            assert len(get_ids(client, "contacts/", **query)) == 1
        assert len(queries) <= 7
        (statement,) = [text["sql"] for text in queries if 'FROM "entities_contact"' in text["sql"]]
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + statement.replace("%", "%%"))
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "search_document_keys" in plan, plan
        assert "Seq Scan on entities_contact" not in plan, plan


def test_no_list_but_those_of_records_takes_a_search(client: Client) -> None:
    get_json(client, "events/", {"search": "x"}, status=400)
    get_json(client, "deals/", {"search": "x"})
    assert Deal.searched_columns
