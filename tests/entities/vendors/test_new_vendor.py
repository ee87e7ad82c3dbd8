"""A new vendor takes one module and nothing else."""

from decimal import Decimal
from pathlib import Path

import pytest

from entities.models import Contact, Deal
from entities.vendors import UnknownVendor, get_vendor
from events.models import Source
from events.processing.drain import drain_backlog
from events.sources.registry import create_source
from tests.support import third_vendor
from tests.support.applied_events import AT
from tests.support.vendor_requests import deliver

pytestmark = pytest.mark.django_db

MARIGOLD = """
from entities.vendor_language import EVENT_TIME, Entity, Vendor, event_types, same_names

ACCOUNT = Entity("subaccount", id=("shop",), columns={})
PERSON = Entity(
    "contact",
    id=("uid",),
    columns=same_names("email created_at tags") | {"first_name": "names.given", "last_name": "names.family"},
    additions={"label": "tags"},
    event_keys=("actor",),
)
ORDER = Entity(
    "deal",
    id=("uid",),
    columns=same_names("title contact owner_ref")
    | {"value": "sum", "status": "state", "vendor_status": "state"},
    translations={"status": {"shipped": "won"}},
)
VENDOR = Vendor(
    name="marigold",
    label="Marigold Shop",
    scheme="token",
    type_key="type",
    time_key="at",
    payload_keys=("object",),
    scope=ACCOUNT,
    events=event_types("person", PERSON, "created updated deleted labelled")
    | event_types("order", ORDER, "created shipped", shipped={"status": "won"}),
)
"""
ORDER = b"""{"type": "order.created", "at": 1736937000000, "object": {
    "uid": 77, "shop": "s1", "title": "Two pots", "sum": "19.90", "state": "Shipped", "owner": {"id": 3},
    "contact": {"uid": "p1", "names": {"given": "Ida", "middle": "B"}, "actor": "api"}, "gift": true}}"""


def test_a_third_vendor_takes_one_module_and_nothing_else(tmp_path: Path) -> None:
    with third_vendor.module(tmp_path, MARIGOLD):
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
    assert (deal.status, deal.vendor_status, deal.closed_at) == ("won", "Shipped", AT)
    assert (deal.contact, deal.scope, deal.extra) == (person, "s1", {"gift": True})
    assert (person.external_id, person.first_name, person.extra) == ("p1", "Ida", {"names.middle": "B"})
    assert {row.vendor for row in Source.objects.all()} == {"marigold"}


def test_a_vendor_whose_module_is_gone_is_unknown_and_says_who_is_known(tmp_path: Path) -> None:
    with third_vendor.module(tmp_path, MARIGOLD):
        assert get_vendor("marigold").label == "Marigold Shop"
    with pytest.raises(UnknownVendor, match="unknown vendor 'marigold'; known: heffl, seedly"):
        get_vendor("marigold")
