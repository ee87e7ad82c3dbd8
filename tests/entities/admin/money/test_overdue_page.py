"""The overdue invoices by client, through their address."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entities.admin.money.overdue_page import PAGE_SIZE
from entities.models import Client as ClientRecord
from entities.models import Contact, Invoice, NameKind, SubAccount, UserProfile
from tests.support.access_limits import create_member, limit, log_in
from tests.support.api_client import create_record, ensure_source
from tests.support.named_ids import create_name
from tests.support.staff_client import get_page, log_in_staff, page_url

pytestmark = pytest.mark.django_db

URL = "/admin/overdue/"
NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def frozen_time() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def owe(amount: int, days: int = 1, **fields: Any) -> Invoice:
    """Create an invoice that is due for so many days."""
    due = TODAY - timedelta(days=days)
    return create_record(
        Invoice, **{"due_date": due, "amount_open": Decimal(amount), "status": "sent"} | fields
    )


def read_total(page: str) -> str:
    """Return the sentence above the lines."""
    return re.sub(r"<[^>]*>", "", page.partition('<p class="banner">')[2].partition("</p>")[0])


def read_lines(page: str) -> list[list[str]]:
    """Return the texts of the cells of each line."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    cells = ([cell for _, cell in re.findall(r"<(td|th)[^>]*>(.*?)</\1>", row, re.DOTALL)] for row in rows)
    return [[unescape(" ".join(re.sub(r"<[^>]*>", " ", cell).split())) for cell in row] for row in cells]


def test_each_client_has_its_sums_by_currency_its_count_and_its_oldest_due_day() -> None:
    acme, beta = (create_record(ClientRecord, name=name) for name in ("Acme", "Beta"))
    owe(10, days=3, client=acme, currency="AED")
    owe(5, days=40, client=acme, currency="AED")
    owe(7, days=2, client=acme, currency="USD")
    owe(1, days=1, client=beta)
    owe(100, days=0, client=beta)
    owe(100, client=beta, status="void")
    owe(100, client=beta, is_deleted=True)
    page = get_page(log_in_staff(), URL)
    assert read_lines(page) == [
        ["Acme", "AED 15.00; USD 7.00", "3 invoices", "2026-10-17 40 days late", "acme"],
        ["Beta", "1.00 without currency", "1 invoice", "2026-11-25 1 day late", "acme"],
    ]
    expected = "4 overdue invoices of 2 clients: AED 15.00; USD 7.00; 1.00 without currency"
    assert read_total(page) == expected


def test_an_invoice_without_a_client_is_the_contact_s_and_without_both_that_of_the_name_on_it() -> None:
    hana = create_record(Contact, first_name="Hana", client=create_record(ClientRecord, name="Hers"))
    owe(3, days=9, contact=hana)
    owe(4, days=8, contact=hana, client=create_record(ClientRecord, name="Billed"))
    owe(5, days=7, client_name="By name")
    owe(5, days=6)
    lines = read_lines(get_page(log_in_staff(), URL))
    assert [line[:2] for line in lines] == [
        ["Hana", "3.00 without currency"],
        ["Billed", "4.00 without currency"],
        ["By name", "5.00 without currency"],
        ["nobody named", "5.00 without currency"],
    ]


def test_a_line_leads_to_the_client_and_to_exactly_its_overdue_invoices() -> None:
    acme = create_record(ClientRecord, name="Acme")
    owe(10, client=acme, number="INV-late")
    owe(10, days=-3, client=acme, number="INV-early")
    client = log_in_staff()
    page = get_page(client, URL)
    assert f'href="{page_url(acme)}"' in page
    (link,) = re.findall(r'href="([^"]*entities/invoice/\?[^"]*client=[^"]*)"', page)
    listed = get_page(client, unescape(link))
    assert "INV-late" in listed
    assert "INV-early" not in listed


def test_today_is_that_of_the_user_s_time_zone() -> None:
    user = create_member("Viewer")
    UserProfile.objects.create(user=user, time_zone="Asia/Dubai", was_offered_time_zone=True)
    create_record(Invoice, due_date=date(2026, 11, 26), amount_open=1)
    with time_machine.travel(datetime(2026, 11, 26, 20, 30, tzinfo=UTC), tick=False):
        assert len(read_lines(get_page(log_in(user), URL))) == 1
        assert "Nothing is overdue" in get_page(log_in_staff(), URL)


def test_it_is_narrowed_by_source_and_by_sub_account_by_name() -> None:
    north = create_record(SubAccount, external_id="north")
    create_name("north", kind=NameKind.SUB_ACCOUNT, name="Dubai Marina")
    for source, scope in ((ensure_source(), "north"), (ensure_source(), ""), (ensure_source("other"), "")):
        sub_account = north if scope else None
        owner = create_record(ClientRecord, name=f"{source.slug}{scope}", source=source, scope=scope)
        owe(1, client=owner, source=source, scope=scope, sub_account=sub_account)
    client = log_in_staff()
    assert [line[0] for line in read_lines(get_page(client, URL, source="other"))] == ["other"]
    page = get_page(client, URL, sub_account=str(north.pk))
    assert [line[0] for line in read_lines(page)] == ["acmenorth"]
    assert f'<option value="{north.pk}" selected>Dubai Marina</option>' in page
    assert read_lines(page)[0][4] == "acme Dubai Marina"


@pytest.mark.parametrize("query", ["colour=red", "source=x", "sub_account=²", "p=0", "p=99", "p=x"])
def test_an_unknown_parameter_or_value_is_said(query: str) -> None:
    assert log_in_staff().get(f"{URL}?{query}").status_code == 400


def test_a_viewer_of_one_sub_account_meets_its_debtors_alone() -> None:
    for scope in ("north", "south"):
        owner = create_record(ClientRecord, name=f"Client {scope}", scope=scope)
        owe(1, client=owner, scope=scope)
    page = get_page(log_in(limit(create_member("Viewer"), ensure_source(), "north")), URL)
    assert [line[0] for line in read_lines(page)] == ["Client north"]
    assert read_total(page) == "1 overdue invoice of 1 client: 1.00 without currency"
    assert "south" not in page


def test_debtors_are_paged_and_the_total_is_of_all_pages() -> None:
    for number in range(PAGE_SIZE + 1):
        owe(1, days=number + 1, client=create_record(ClientRecord, name=f"C{number}."), currency="AED")
    client = log_in_staff()
    first, second = get_page(client, URL), get_page(client, URL, p=2)
    assert len(read_lines(first)) == PAGE_SIZE
    assert [line[0] for line in read_lines(second)] == ["C0."]
    for page in (first, second):
        assert read_total(page) == "51 overdue invoices of 51 clients: AED 51.00"


def test_a_placeholder_without_a_name_is_marked() -> None:
    owner = create_record(ClientRecord, external_id="c-1", is_placeholder=True)
    owe(1, client=owner)
    assert read_lines(get_page(log_in_staff(), URL))[0][0] == "c-1 placeholder"


@pytest.mark.parametrize("debtors", [1, 30])
def test_it_takes_a_bounded_number_of_queries(debtors: int) -> None:
    for number in range(debtors):
        owe(1, client=create_record(ClientRecord, name=f"C{number}"), scope=f"s{number}")
        owe(1, contact=create_record(Contact, first_name=f"C{number}"), currency="AED")
    client = log_in(limit(create_member("Viewer"), ensure_source()))
    with CaptureQueriesContext(connection) as queries:
        get_page(client, URL)
    assert len(queries) <= 18, "\n".join(query["sql"][:120] for query in queries)


def test_it_is_for_those_who_may_view_invoices() -> None:
    assert log_in_staff("view_deal").get(URL).status_code == 403
    assert "/admin/overdue/" in get_page(log_in_staff("view_invoice"), URL)
