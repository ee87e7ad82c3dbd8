"""The head of a record's page, through its address."""

import re

import pytest
from django.test import Client

from entities.admin.record_head.head import BADGES
from entities.models import Client as ClientRecord
from entities.models import Contact, Deal, Lead
from entities.models.introspection import model_name, record_models
from tests.support.api_client import create_record, ensure_source
from tests.support.staff_client import get_page, page_url

pytestmark = pytest.mark.django_db


def read_links(page: str) -> dict[str, str]:
    """Return the head's links: label -> address; without the one to the person's data."""
    head = re.search(r'<p class="head-links">(.*?)</p>', page, re.DOTALL)
    return {
        label: url
        for url, label in re.findall(r'href="([^"]*)"[^>]*>([^<]*)</a>', head[1] if head else "")
        if label != "Personal data"
    }


def test_a_person_can_be_called_written_to_and_mailed(client: Client) -> None:
    row = create_record(Contact, phone="+971 50-765 4321", email="hana+x@acme.example")
    assert read_links(get_page(client, page_url(row))) == {
        "Call": "tel:+971507654321",
        "WhatsApp": "https://wa.me/971507654321",
        "Mail": "mailto:hana+x@acme.example",
    }


def test_a_second_number_says_which_it_is(client: Client) -> None:
    row = create_record(Lead, mobile="00971507654321", secondary_mobile="+4930123456")
    links = read_links(get_page(client, page_url(row)))
    assert links["Call"] == "tel:+971507654321"
    assert links["Call secondary mobile"] == "tel:+4930123456"
    assert links["WhatsApp secondary mobile"] == "https://wa.me/4930123456"


def test_a_number_whose_country_is_not_known_can_only_be_called(client: Client) -> None:
    row = create_record(ClientRecord, phone="050 765 4321")
    assert read_links(get_page(client, page_url(row))) == {"Call": "tel:0507654321"}
    dubai = create_record(
        ClientRecord, phone="050 765 4321", source=ensure_source("dubai", default_region="AE")
    )
    assert read_links(get_page(client, page_url(dubai)))["WhatsApp"] == "https://wa.me/971507654321"


@pytest.mark.parametrize("junk", ["call me", "1", "javascript:alert(1)", "a@b?cc=x@y.example", "x" * 9_000])
def test_what_is_no_number_or_email_is_no_link(client: Client, junk: str) -> None:
    assert read_links(get_page(client, page_url(create_record(Contact, phone=junk, email=junk)))) == {}


def test_a_record_opens_in_its_crm_if_its_source_says_where(client: Client) -> None:
    source = ensure_source("acme", record_addresses="deal https://app.example.com/deals/{id}")
    row = create_record(Deal, source=source, external_id="d 1")
    page = get_page(client, page_url(row))
    assert read_links(page) == {"Open in the CRM": "https://app.example.com/deals/d%201"}
    assert 'rel="noopener noreferrer"' in page
    assert read_links(get_page(client, page_url(create_record(Lead, source=source)))) == {}


def test_badges_stand_beside_the_title(client: Client) -> None:
    row = create_record(Contact, first_name="Hana", lifecycle_stage="lead", tags=["vip", "<b>"])
    head = re.search("<h1.*?</h1>", get_page(client, page_url(row)), re.DOTALL)
    assert head is not None
    assert 'data-word="lead"' in head[0]
    assert "vip" in head[0]
    assert "<b>" not in head[0]


def test_every_entity_has_a_line_of_badges() -> None:
    assert set(BADGES) == {model_name(model) for model in record_models()}
    assert all(hasattr(model, column) for model in record_models() for column in BADGES[model_name(model)])


def test_phone_email_and_id_can_be_copied_by_a_button_that_only_a_script_shows(client: Client) -> None:
    row = create_record(Contact, phone="+971 50-765 4321", email="hana@acme.example", external_id="c<1>")
    buttons = re.findall(r'<button[^>]*data-copy-value="([^"]*)" hidden>', get_page(client, page_url(row)))
    assert buttons == ["hana@acme.example", "+971 50-765 4321", "c&lt;1&gt;"]
