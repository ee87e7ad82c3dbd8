"""The row of filters above a list, through the lists' addresses."""

import re
from html import unescape
from urllib.parse import parse_qs

import pytest
from django.contrib.auth.models import User
from django.test import Client

from entities.models import Deal
from events.models import Event
from tests.support.api_client import create_record
from tests.support.staff_client import ensure_source, get_page, list_url, log_in_staff

pytestmark = pytest.mark.django_db

CHIP = re.compile(r'<li><span dir="auto">(.*?)</span><a href="(.*?)"')
HIDDEN = re.compile(r'<input type="hidden" name="(.*?)" value="(.*?)">')


@pytest.fixture
def client() -> Client:
    return log_in_staff()


def list_chips(page: str) -> dict[str, dict[str, list[str]]]:
    """Return the text of each chip -> the parameters of the list without it."""
    return {unescape(text): parse_qs(unescape(url)[1:]) for text, url in CHIP.findall(page)}


def test_a_list_without_parameters_has_no_chips(client: Client) -> None:
    assert list_chips(get_page(client, list_url(Deal))) == {}


def test_everything_that_is_active_is_a_chip_that_removes_it_and_keeps_the_rest(client: Client) -> None:
    acme = create_record(Deal, title="Audit", value=7).source
    query = {"q": "audit", "status": "won", "state": "all", "source": acme.slug, "value__gte": "5"}
    chips = list_chips(get_page(client, list_url(Deal), **query))
    assert list(chips) == [
        *("Search: audit", "Status: won", "State: all of them", f"Source: {acme}", "Value: from 5")
    ]
    for removed, left in zip(("q", "status", "state", "source", "value__gte"), chips.values(), strict=True):
        assert left == {name: [value] for name, value in query.items() if name != removed}


def test_a_chip_leads_to_the_first_page(client: Client) -> None:
    for _ in range(51):
        create_record(Deal, status="won")
    chips = list_chips(get_page(client, list_url(Deal), status="won", p="2"))
    assert chips == {"Status: won": {}}


def test_the_form_keeps_what_it_does_not_ask_for(client: Client) -> None:
    page = get_page(client, list_url(Event), q="deal.created", o="1", status="failed")
    form = page[page.index('class="filter-row"') :]
    assert HIDDEN.findall(form[: form.index("</form>")]) == [("q", "deal.created"), ("o", "1")]
    assert '<option value="failed" selected>failed</option>' in form


def test_the_empty_inputs_of_a_form_lead_to_the_address_without_them(client: Client) -> None:
    answer = client.get(list_url(Deal), {"q": "", "status": "won", "state": "", "client": ""})
    assert answer.status_code == 302
    assert answer["Location"] == f"{list_url(Deal)}?status=won"
    assert client.get(list_url(Deal), {"status": ""})["Location"] == list_url(Deal)


def test_the_default_of_a_filter_stands_once_in_its_select(client: Client) -> None:
    page = get_page(client, list_url(Deal), state="live")
    select = page[page.index('<select name="state">') :]
    assert re.findall(r'<option value="(.*?)"', select[: select.index("</select>")]) == [
        *("", "deleted", "placeholder", "all")
    ]


def test_the_choices_of_djangos_own_filters_are_links(client: Client) -> None:
    page = get_page(client, list_url(User), is_staff__exact="1", q="staff")
    assert '<a href="?is_staff__exact=0&amp;q=staff">No</a>' in page
    assert '<a href="?is_staff__exact=1&amp;q=staff" aria-current="true">Yes</a>' in page
    assert list_chips(page) == {
        "Search: staff": {"is_staff__exact": ["1"]},
        "Staff status: Yes": {"q": ["staff"]},
    }


def test_a_filter_of_what_a_list_does_not_have_is_no_input(client: Client) -> None:
    ensure_source()
    assert 'name="source"' not in get_page(client, list_url(Deal))
    ensure_source("beta")
    assert '<select name="source">' in get_page(client, list_url(Deal))
