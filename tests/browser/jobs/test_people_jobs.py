"""Everyday jobs about a person, each within its budget of page loads and clicks, by mouse and by keyboard."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from entities.models import Task
from tests.support.hands import Mouse
from tests.support.known_person import FORMER_PHONE, OTHER_NOTATION, PHONE, TALK, KnownPerson
from tests.support.staff_client import page_url

pytestmark = pytest.mark.django_db

NO_TEXT = "No text: the vendor sent none with this message."


def open_person(hand: Mouse, person: KnownPerson) -> None:
    hand.open(page_url(person.contact))


def test_who_calls_what_was_said_last_what_is_owed_and_what_is_next(hand: Mouse, person: KnownPerson) -> None:
    hand.open("/admin/")
    hand.write(hand.page.get_by_role("searchbox").first, OTHER_NOTATION)
    hand.press_enter()
    hits = hand.page.get_by_role("link", name="Hana Nguyen", exact=True)
    hand.page.wait_for_url("**/search/**")
    hand.activate(hits.first)
    strip = hand.page.locator("dl.strip")
    for said in ("Is the kitchen ready?", "AED 1,300.00", "Kitchen visit", "1 late"):
        expect(strip).to_contain_text(said)
    assert hand.loads <= 2


def test_a_conversation_is_read_in_order_with_both_sides(hand: Mouse, person: KnownPerson) -> None:
    hand.open(page_url(person.contact))
    hand.activate(hand.page.get_by_role("link", name=f"{len(TALK)} messages"))
    bubbles = hand.page.locator("li.bubble")
    expect(bubbles).to_have_count(len(TALK))
    said = bubbles.locator(".said").all_inner_texts()
    assert said == [text or NO_TEXT for _, text in TALK]
    ways = [bubble.get_attribute("data-way") for bubble in bubbles.all()]
    assert ways == [direction.removesuffix("bound") for direction, _ in TALK]
    assert hand.acts == 1


def test_what_a_value_was_before_and_which_event_it_is_from(hand: Mouse, person: KnownPerson) -> None:
    hand.open(page_url(person.contact))
    fact = hand.page.locator("tr", has=hand.page.get_by_role("rowheader", name="Phone", exact=True))
    expect(fact).to_contain_text(PHONE)
    hand.activate(fact.get_by_role("link").first)
    for said in (FORMER_PHONE, "contact.updated"):
        expect(hand.page.get_by_text(said).first).to_be_visible()
    assert hand.acts == 1


def test_the_same_person_in_the_other_crm_is_on_the_page(hand: Mouse, person: KnownPerson) -> None:
    hand.open(page_url(person.contact))
    block = hand.page.locator("section.same")
    link = block.get_by_role("link", name="Hana Nguyen")
    expect(block).to_contain_text("contact of acme-heffl")
    assert link.first.get_attribute("href") == page_url(person.elsewhere)
    assert hand.acts == 0


def test_what_is_due_and_late_today_is_one_click_away(hand: Mouse, person: KnownPerson) -> None:
    hand.open("/admin/")
    hand.activate(hand.page.get_by_role("link", name="Agenda", exact=True).first)
    late = hand.page.get_by_role("heading", name="Overdue tasks")
    expect(late).to_contain_text(f"{count_late_tasks():,}")
    content = hand.page.locator("#content")
    # Of thousands of tasks and appointments the page says how many it leaves out.
    left_out = content.get_by_text("not shown")
    for title in ("Call Hana", "Kitchen visit"):
        expect(content.get_by_text(title).or_(left_out).first).to_be_attached()
    assert hand.acts == 1


def count_late_tasks() -> int:
    tasks = Task.objects.filter(due_at__lt=datetime.now(UTC), is_deleted=False, is_placeholder=False)
    ended = ("done", "completed", "cancelled", "canceled")
    return sum(task.status not in ended and task.completed_at is None for task in tasks)
