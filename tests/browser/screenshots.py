"""Takes the pictures of the documents: `make screenshots` runs it, not the tests.

The company is invented with a fixed seed and ends at a fixed time, at which the clock of the pages stands, so
that a picture differs from the former one only where the page does.
"""

from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from itertools import cycle
from urllib.parse import urlencode

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db.models import F
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from entities.admin.conversations.addresses import conversation_url
from entities.models import Contact, Conversation, Name, NameKind, UserProfile
from events.models import Event, Source
from tests.support.access_limits import log_in
from tests.support.paths import PROJECT
from tests.support.staff_client import page_url, store_and_apply
from tests.support.stored_company import store_company

FOLDER = PROJECT / "docs" / "images"
NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
# Of each vendor.
COMPANY_EVENTS = 2_000
WIDTH, HEIGHT = 1280, 800
# Between 0 and 1. At 0.8 the letters are sharp, and a picture has about 40 kB.
QUALITY = 0.8
# What staff would call the ids that the vendor gives no name to.
NAMES = {
    NameKind.STAGE: ("New enquiry", "Site visit", "Offer", "Decision"),
    NameKind.PERSON: ("Ada Vogel", "Ines Romero", "Sam Carter", "Lena Fischer", "Karim Aziz"),
    NameKind.SUB_ACCOUNT: ("Dubai Marina", "Deira", "Jumeirah", "Al Barsha"),
}
# Playwright writes no WebP, the browser does.
TO_WEBP = """
async ([png, quality]) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext("2d").drawImage(image, 0, 0);
    const blob = await canvas.convertToBlob({ type: "image/webp", quality });
    const bytes = new Uint8Array(await blob.arrayBuffer());
    return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
}
"""


def store_mirror() -> None:
    """Store the company, with names for its ids, and with events that failed and that nobody knows."""
    store_company(COMPANY_EVENTS, NOW)
    recently = (NOW - timedelta(minutes=5)).isoformat()
    store_and_apply("deal.exploded", {"id": "x"}, recently)
    for number in range(3):
        store_and_apply("deal.created", {"title": f"no id {number}"}, recently)
    Event.objects.update(received_at=F("occurred_at"))
    for source in Source.objects.all():
        label = f"{source.vendor.capitalize()} growth"
        Source.objects.filter(pk=source.pk).update(label=label, assumed_currency="AED")
    for kind, names in NAMES.items():
        unnamed = Name.objects.filter(kind=kind, name="", vendor_name="").order_by("ref")
        for row, name in zip(unnamed, cycle(names), strict=False):
            Name.objects.filter(pk=row.pk).update(name=name)


def find_addresses() -> dict[str, str]:
    """Return name of the picture -> address of its page."""
    talks = Conversation.objects.exclude(contact_ids=[]).order_by("-message_count", "ref")
    conversation = talks[0]
    contact = Contact.objects.get(pk=conversation.contact_ids[0])
    return {
        "home": "/admin/",
        "agenda": "/admin/agenda/",
        "board": "/admin/board/",
        "contact": page_url(contact),
        "deals": "/admin/entities/deal/",
        "conversation": conversation_url(conversation),
        "search": f"/admin/search/?{urlencode({'q': str(contact)})}",
    }


def open_page(chromium: Browser, live_server: LiveServer, name: str, role: str) -> Page:
    """Open a tab of a member of staff in Dubai, at the fixed size."""
    user = User.objects.create_user(name, is_staff=True)
    user.groups.set(Group.objects.filter(name=role))
    UserProfile.objects.update_or_create(user=user, defaults={"time_zone": "Asia/Dubai"})
    session = log_in(user).cookies[settings.SESSION_COOKIE_NAME].value
    context = chromium.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", timezone_id="Asia/Dubai"
    )
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    return context.new_page()


def take_picture(page: Page, blank: Page, address: str, name: str) -> None:
    """Write the picture of a page. blank: a tab without a content security policy, which makes the WebP."""
    response = page.goto(address)
    assert response is not None
    assert response.status == 200, address
    png = b64encode(page.screenshot(animations="disabled", caret="hide")).decode()
    (FOLDER / f"{name}.webp").write_bytes(b64decode(blank.evaluate(TO_WEBP, [png, QUALITY])))


@pytest.mark.django_db(transaction=True)
def test_take_pictures(chromium: Browser, live_server: LiveServer) -> None:
    FOLDER.mkdir(exist_ok=True)
    blank = chromium.new_page()
    with time_machine.travel(NOW, tick=False):
        store_mirror()
        # A viewer's pages are those of sales, without the operators' numbers.
        viewer, operator = (
            open_page(chromium, live_server, name, role)
            for name, role in (("lena", "Viewer"), ("ada", "Operator"))
        )
        for name, address in find_addresses().items():
            take_picture(viewer, blank, live_server.url + address, name)
        take_picture(operator, blank, live_server.url + "/admin/", "events")
