"""Everyday jobs with lists and the mirror itself, each within its budget, by mouse and by keyboard."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from django.contrib.auth.models import User
from django.db import connection
from playwright.sync_api import expect

from entities.access.visibility import visible_to
from entities.models import Contact, Deal, Invoice
from events.processing.drain import drain_backlog
from tests.support.hands import Mouse
from tests.support.known_person import FAILED_DEAL, FAILURE, OVERDUE_DAYS, SCOPE, KnownPerson
from tests.support.spreadsheets import read_excel
from tests.support.staff_client import list_url, page_url

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
STALE = timedelta(days=30)


def follow(hand: Mouse, label: str) -> None:
    """Follow a link of the navigation from the first page."""
    hand.open("/admin/")
    navigation = hand.page.get_by_role("navigation", name="Navigation")
    with hand.page.expect_navigation():
        hand.activate(navigation.get_by_role("link", name=re.compile(f"^{label}")))


def add_numbers(texts: list[str]) -> int:
    return sum(int(re.sub(r"\D", "", text)) for text in texts)


def test_open_deals_by_stage_and_owner_what_was_won_and_what_stands_still(
    hand: Mouse, person: KnownPerson
) -> None:
    follow(hand, "Board")
    now = datetime.now(UTC)
    deals = list(Deal.objects.filter(status="open", is_deleted=False, is_placeholder=False))
    stale = [deal for deal in deals if deal.stage_since and now - deal.stage_since >= STALE]
    heads = hand.page.locator(".stage .sums").all_inner_texts()
    assert add_numbers([head.partition(" deal")[0] for head in heads]) == len(deals)
    amounts = [re.search(r"· ([\d,.]+)", head) for head in heads]
    shown = sum(float(amount[1].replace(",", "")) for amount in amounts if amount)
    assert shown == float(sum(deal.value or 0 for deal in deals))
    owners = hand.page.locator("section", has=hand.page.get_by_role("heading", name="By owner"))
    for place, expected in ((0, len(deals)), (1, len(stale))):
        cells = owners.locator(f"tbody tr td.number:nth-of-type({place + 1})")
        assert add_numbers(cells.all_inner_texts()) == expected
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    results = hand.page.locator("section", has=hand.page.get_by_role("heading", name="Won and lost since"))
    ended = Deal.objects.filter(is_deleted=False, won_at__gte=month).count()
    ended += Deal.objects.filter(is_deleted=False, lost_at__gte=month).count()
    assert add_numbers(results.locator("tbody td.number").all_inner_texts()) == ended
    assert hand.loads <= 2


def test_overdue_invoices_with_sums_by_client(hand: Mouse, person: KnownPerson) -> None:
    follow(hand, "Overdue by client")
    row = hand.page.get_by_role("row", name=re.compile("Hana Nguyen"))
    expect(row).to_contain_text("AED 1,300.00")
    expect(row).to_contain_text(f"{OVERDUE_DAYS:,} days late")
    banner = hand.page.locator("p.banner")
    today = datetime.now(UTC).date()
    overdue = Invoice.objects.filter(Invoice.overdue.is_overdue(today), is_placeholder=False)
    expect(banner).to_contain_text(f"{overdue.count():,} overdue invoice")
    expect(banner).to_contain_text("AED")
    assert hand.acts == 1


def test_what_is_shown_is_in_excel_after_two_clicks(hand: Mouse, person: KnownPerson) -> None:
    hand.open(f"{list_url(Deal)}?status=won&columns=value,status")
    hand.activate(hand.page.get_by_text("Export", exact=True))
    with hand.page.expect_download() as downloading:
        hand.activate(hand.page.get_by_role("link", name="Excel", exact=True))
    heading, *rows = read_excel(Path(downloading.value.path()).read_bytes())
    won = Deal.objects.filter(status="won", is_deleted=False, is_placeholder=False)
    assert len(rows) == won.count()
    assert {row[heading.index("status")] for row in rows} == {"won"}
    place = heading.index("value")
    assert sum(row[place] or 0 for row in rows) == sum(deal.value or 0 for deal in won)
    assert hand.acts == 2


def test_a_colleague_gets_read_only_access_to_one_sub_account_by_one_form(
    hand: Mouse, person: KnownPerson
) -> None:
    name = f"colleague-{type(hand).__name__}".lower()
    hand.open("/admin/auth/user/add/")
    hand.write(hand.page.get_by_label("Username:"), name)
    hand.write(hand.page.get_by_label("Password:"), PASSWORD)
    hand.write(hand.page.get_by_label("Password confirmation:"), PASSWORD)
    hand.activate(hand.page.get_by_label("Staff status"))
    hand.activate(hand.page.get_by_label("Viewer", exact=True))
    places = hand.page.get_by_label("Sub-accounts")
    hand.choose(places, places.locator(f"option[value$='/{SCOPE}']").inner_text())
    hand.activate(hand.page.get_by_role("button", name="Save", exact=True))
    hand.page.wait_for_url("**/user/*/change/**")
    colleague = User.objects.get(username=name)
    assert set(visible_to(colleague, Contact.objects.all())) == {person.contact}
    assert not colleague.has_perm("events.apply_event")
    assert colleague.has_perm("entities.view_contact")


def test_a_view_is_saved_and_shared_by_two_clicks(hand: Mouse, person: KnownPerson) -> None:
    name = f"Won, by {type(hand).__name__}"
    hand.open(f"{list_url(Deal)}?status=won")
    hand.activate(hand.page.locator(".save-view > summary"))
    hand.write(hand.page.locator(".save-view [name=name]"), name)
    hand.choose(hand.page.locator(".save-view [name=audience]"), "everybody")
    hand.activate(hand.page.locator(".save-view [type=submit]"))
    tabs = hand.page.get_by_role("list", name="Saved views")
    expect(tabs.get_by_role("link", name=name)).to_have_attribute("aria-current", "true")
    assert hand.acts == 2


def test_a_failed_event_is_found_and_applied_again(hand: Mouse, person: KnownPerson) -> None:
    follow(hand, "Failed")
    line = hand.page.get_by_role("row", name=re.compile(FAILURE))
    hand.activate(line.get_by_role("link").first)
    hand.page.wait_for_load_state()
    hand.activate(hand.page.locator("#result_list tbody tr").first.get_by_role("link").first)
    hand.page.wait_for_url("**/change/**")
    hand.activate(hand.page.get_by_role("button", name="Apply again"))
    expect(hand.page.locator(".messagelist")).to_contain_text("pending again")
    apply_elsewhere()
    # The page says so by itself.
    expect(hand.page.locator("#content [data-word=applied]").first).to_be_visible(timeout=20_000)
    assert Deal.objects.filter(title=FAILED_DEAL).exists()


def test_an_id_of_a_stage_is_shown_by_its_name_everywhere(hand: Mouse, person: KnownPerson) -> None:
    deal = Deal.objects.filter(stage_ref__startswith="stage", status="open").order_by("id")[0]
    name = f"Tasting by {type(hand).__name__}"
    same_refs = Deal.objects.filter(stage_ref=deal.stage_ref).order_by("source_id")
    for source_id in same_refs.values_list("source_id", flat=True).distinct():
        hand.open(f"/admin/entities/name/kind/{source_id}/stage/?ref={deal.stage_ref}")
        field = hand.page.locator("tr", has=hand.page.get_by_text(deal.stage_ref, exact=True)).first
        hand.write(field.get_by_role("textbox").first, name)
        hand.activate(hand.page.get_by_role("button", name="Save"))
        expect(hand.page.locator(".messagelist")).to_be_visible()
    for address in (
        f"{list_url(Deal)}?stage_ref={deal.stage_ref}",
        page_url(deal),
        "/admin/board/",
        "/admin/",
    ):
        hand.open(address)
        content = hand.page.locator("#content")
        expect(content).to_contain_text(name)
        assert f"{deal.stage_ref} (unnamed)" not in content.inner_text()


def apply_elsewhere() -> None:
    """Apply what is pending as a worker would: with a connection of its own, whose changes others see."""

    def work() -> None:
        drain_backlog()
        connection.close()

    worker = Thread(target=work)
    worker.start()
    worker.join()
