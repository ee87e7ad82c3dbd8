"""A new vendor takes one module and nothing else."""

from decimal import Decimal
from pathlib import Path

import pytest

from entities.models import Contact, Deal
from entities.vendors import UnknownVendor, all_vendors, get_vendor
from events.models import Source
from events.processing.drain import drain_backlog
from events.sources.registry import create_source
from tests.support.applied_events import EVENT_TIME
from tests.support.third_vendor import MARIGOLD, ORDER, temporary_vendor
from tests.support.vendor_requests import deliver

pytestmark = pytest.mark.django_db


def test_a_third_vendor_takes_one_module_and_nothing_else(tmp_path: Path) -> None:
    with temporary_vendor(tmp_path, MARIGOLD):
        source, secret = create_source("shop", "marigold")
        assert deliver(source, secret, ORDER).status_code == 202
        assert drain_backlog() == 1
    deal, person = Deal.objects.get(), Contact.objects.get()
    assert (deal.external_id, deal.title, deal.value, deal.owner_ref) == (
        "77",
        "Two pots",
        Decimal("19.90"),
        "3",
    )
    assert (deal.status, deal.vendor_status, deal.closed_at) == ("won", "Shipped", EVENT_TIME)
    assert (deal.contact, deal.scope, deal.extra) == (person, "s1", {"gift": True})
    assert (person.external_id, person.first_name, person.extra) == ("p1", "Ida", {"names.middle": "B"})
    assert {row.vendor for row in Source.objects.all()} == {"marigold"}


def test_a_vendor_whose_module_is_gone_is_unknown_and_says_who_is_known(tmp_path: Path) -> None:
    with temporary_vendor(tmp_path, MARIGOLD):
        assert get_vendor("marigold").label == "Marigold Shop"
    known = ", ".join(sorted(all_vendors()))
    with pytest.raises(UnknownVendor, match=f"unknown vendor 'marigold'; known: {known}"):
        get_vendor("marigold")
