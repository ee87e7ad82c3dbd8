"""The search page of the admin, through its address, after real events."""

import re
from html import unescape

import pytest
from django.test import Client

from entities.models import Client as ClientRecord
from entities.models import Contact, Deal, Invoice, Lead, Name, NameKind, SearchDocument
from tests.support.access_limits import create_member, limit, log_in
from tests.support.api_client import create_record
from tests.support.notations import FIELDS, NOTATIONS, OTHER_FIELDS
from tests.support.staff_client import (
    create_staff_user,
    ensure_source,
    get_page,
    list_url,
    page_url,
    store_and_apply,
)

pytestmark = pytest.mark.django_db

URL = "/admin/search/"


@pytest.mark.parametrize("text", NOTATIONS)
def test_every_notation_leads_straight_to_the_one_record(client: Client, text: str) -> None:
    store_and_apply("lead.created", {"id": "L-7/x"} | FIELDS)
    store_and_apply("lead.created", {"id": "L-8"} | OTHER_FIELDS)
    response = client.get(URL, {"q": text})
    assert response.status_code == 302, response.content.decode()
    assert response["Location"] == page_url(Lead.objects.get(external_id="L-7/x"))


def test_hits_stand_in_groups_by_kind_with_what_was_found(client: Client) -> None:
    create_record(Contact, first_name="Jane", phone="+971 4298053580")
    create_record(ClientRecord, name="Acme", phone="04298053580", is_deleted=True)
    create_record(Invoice, number="INV-437007", client_name="Jane")
    page = get_page(client, URL, q="+971 4298053580")
    assert "<h2>Clients</h2>" in page
    assert "<h2>Contacts</h2>" in page
    assert "<h2>Invoices</h2>" not in page
    assert 'data-word="deleted"' in page
    assert '<span class="quiet">phone</span> <span class="line">04298053580</span>' in page


def test_a_former_value_is_said_to_be_one(client: Client) -> None:
    for number, day in (("+446638758050", 1), ("+492157254293", 2)):
        store_and_apply("lead.updated", {"id": "l1", "mobile": number}, at=f"2025-01-0{day}T00:00:00Z")
    create_record(Lead, name="Other", mobile="06638758050")
    page = get_page(client, URL, q="+446638758050")
    assert '<span class="quiet">formerly</span> <span class="line">+446638758050</span>' in page


def test_no_hit_says_which_notations_were_tried(client: Client) -> None:
    page = get_page(client, URL, q="+971 4 298 0535 80")
    assert "No record was found" in page
    assert "phone numbers, present and former, that end with 4298053580" in page
    page = get_page(client, URL, q="jane@acme.example")
    assert "the email jane@acme.example" in page


def test_more_hits_than_are_shown_lead_to_the_list(client: Client) -> None:
    for number in range(21):
        create_record(Lead, name=f"Common {number}")
    assert f"{list_url(Lead)}?q=common&amp;state=all" in get_page(client, URL, q="common")


def test_a_stage_is_found_by_its_name_and_leads_to_the_records_in_it(client: Client) -> None:
    source = ensure_source()
    Name.objects.create(source=source, kind=NameKind.STAGE, ref="st_2", name="Negotiation")
    create_record(Deal, title="In it", stage_ref="st_2", source=source)
    create_record(Deal, title="Elsewhere", stage_ref="st_3", source=source)
    page = get_page(client, "/admin/search/", q="negot")
    (url,) = re.findall(r'href="(/admin/entities/deal/[^"]*stage_ref[^"]*)"', page)
    deals = get_page(client, unescape(url))
    assert "In it" in deals
    assert "Elsewhere" not in deals
    assert "Negotiation" in deals


def test_names_of_a_sub_account_that_the_user_does_not_see_are_not_found() -> None:
    source = ensure_source()
    Name.objects.create(source=source, scope="sa_2", kind=NameKind.STAGE, ref="st_2", name="Negotiation")
    client = log_in(limit(create_member("Viewer"), source, "sa_1"))
    assert "Negotiation</span>" not in get_page(client, "/admin/search/", q="negot")


def test_every_page_has_the_search_in_its_header(client: Client) -> None:
    for url in (URL, "/admin/", list_url(Lead)):
        page = get_page(client, url)
        assert '<label for="site-search" class="visually-hidden">Search all records</label>' in page
        assert 'action="/admin/search/"' in page
    assert "site-search" not in Client().get("/admin/login/").content.decode()


def test_the_page_says_that_the_keys_are_missing_before_the_first_rebuild(client: Client) -> None:
    store_and_apply("lead.created", {"id": "L-7", "name": "Jane"})
    SearchDocument.objects.all().delete()
    assert "rebuild_mirror" in get_page(client, URL, q="jane")


def test_only_what_the_user_may_view_is_found() -> None:
    create_record(Lead, name="Jane")
    row = create_record(Contact, first_name="Jane")
    client = Client()
    client.force_login(create_staff_user("view_contact"))
    assert client.get(URL, {"q": "jane"})["Location"] == page_url(row)
    assert Client().get(URL, {"q": "jane"})["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("text", ["", " ", "<script>", "%", "x" * 3_000])
def test_any_text_is_answered_and_escaped(client: Client, text: str) -> None:
    assert "<script>" not in get_page(client, URL, q=text)
