"""A vendor's module that is added, changed or broken while processes run: nothing is malformed for good."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from entities.models import Deal
from events.ingest.store import store_event
from events.models import Event, Source
from events.processing.drain import drain_backlog
from events.sources.registry import create_source
from tests.support.staff_client import get_page, log_in_staff, page_url
from tests.support.third_vendor import MARIGOLD, NAME, ORDER, restart_process, temporary_vendor
from tests.support.vendor_requests import deliver

pytestmark = pytest.mark.django_db
# The vendor has given the key of its event type another name.
CHANGED = MARIGOLD.replace('type="type"', 'type="kind"')
CHANGED_ORDER = ORDER.replace(b'"type"', b'"kind"')
# The vendor sends a type that its module did not name before.
EXTENDED = MARIGOLD.replace('"created shipped"', '"created shipped packed"')
PACKED_ORDER = ORDER.replace(b"order.created", b"order.packed")


@pytest.fixture
def module(tmp_path: Path) -> Iterator[Path]:
    """Add a vendor's module; return its file."""
    with temporary_vendor(tmp_path):
        yield tmp_path / f"{NAME}.py"


@pytest.fixture
def shop(module: Path) -> tuple[Source, str]:
    return create_source("shop", NAME)


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["detail"]


def test_a_vendor_that_this_process_does_not_know_is_asked_to_send_again(
    module: Path, shop: tuple[Source, str]
) -> None:
    module.unlink()
    restart_process()
    message = f"This process does not know the vendor '{NAME}': restart the web processes."
    answer = deliver(*shop, ORDER)
    assert problem(answer) == (503, message)
    assert answer["Retry-After"] == "30"
    assert not Event.objects.exists()
    module.write_text(MARIGOLD)
    assert problem(deliver(*shop, ORDER)) == (503, message), "an added module is not imported by itself"
    restart_process()
    assert deliver(*shop, ORDER).json()["status"] == "accepted"


def test_what_an_outdated_module_would_call_malformed_is_to_be_sent_again(
    module: Path, shop: tuple[Source, str]
) -> None:
    module.write_text(CHANGED)
    message = f"This process has an outdated module of the vendor '{NAME}': restart the web processes."
    assert problem(deliver(*shop, CHANGED_ORDER)) == (503, message)
    assert deliver(*shop, ORDER).json()["status"] == "accepted", "what it can read, it stores"
    restart_process()
    assert deliver(*shop, CHANGED_ORDER).json()["status"] == "accepted"
    assert deliver(*shop, b"{}").json()["status"] == "malformed"


def test_a_module_that_cannot_be_imported_loses_no_delivery(module: Path, shop: tuple[Source, str]) -> None:
    module.write_text("VENDOR = (")
    restart_process()
    status, detail = problem(deliver(*shop, ORDER))
    assert (status, "cannot import the module of the vendor 'marigold' (SyntaxError)" in detail) == (
        503,
        True,
    )
    module.write_text(MARIGOLD)
    restart_process()
    assert deliver(*shop, ORDER).status_code == 202


@pytest.mark.parametrize(
    ("text", "body", "problem"),
    [
        ("", ORDER, "does not know the vendor 'marigold'"),
        (CHANGED, CHANGED_ORDER, "has an outdated module of the vendor 'marigold'"),
        (EXTENDED, PACKED_ORDER, "has an outdated module of the vendor 'marigold'"),
    ],
    ids=["added", "envelope changed", "type added"],
)
def test_a_worker_without_the_present_module_leaves_the_event_to_a_later_one(
    module: Path, shop: tuple[Source, str], text: str, body: bytes, problem: str
) -> None:
    """The endpoint has the new module, and the worker not yet."""
    module.write_text(text or MARIGOLD)
    restart_process()
    event_id = store_event(shop[0], body, {}, datetime.now(UTC)).event_id
    if text:
        module.write_text(MARIGOLD)
        restart_process()
        module.write_text(text)
    else:
        module.unlink()
        restart_process()
    drain_backlog()
    event = Event.objects.get(pk=event_id)
    assert (event.status, event.error) == ("failed", f"this process {problem}: restart the workers")
    assert event.next_attempt_at is not None
    module.write_text(text or MARIGOLD)
    restart_process()
    Event.objects.update(status="pending", next_attempt_at=None)
    drain_backlog()
    assert Event.objects.get(pk=event_id).status == "applied"
    assert Deal.objects.get().external_id == "77"


def test_the_sources_page_says_which_processes_to_restart(module: Path, shop: tuple[Source, str]) -> None:
    staff = log_in_staff()
    assert "Restart the web processes" not in get_page(staff, page_url(shop[0]))
    module.write_text(CHANGED)
    page = get_page(staff, page_url(shop[0]))
    assert "has an outdated module of the vendor" in page
    assert "Restart the web processes and the workers" in page
    module.write_text(MARIGOLD)
    assert "Restart the web processes" not in get_page(staff, page_url(shop[0]))
