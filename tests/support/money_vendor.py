"""Events of invoices and payments, also of a made-up vendor who deletes payments, as no real one does."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from entities.generator.event_generator import generate_event
from entities.generator.payload_maker import Circumstances
from entities.stored_events import StoredEvent
from entities.vendors import get_vendor
from tests.support.event_builders import build_event
from tests.support.random_histories import Bodies
from tests.support.third_vendor import NAME, temporary_vendor

MONEY_VENDOR = """
from entities.signature_language import SECRET_ADDRESS
from entities.vendor_language import Entity, Vendor, event_types, same_names

INVOICE = Entity(
    "invoice", id="id", columns=same_names("number status total amount_paid currency due_date")
)
PAYMENT = Entity("payment", id="id", columns=same_names("invoice amount currency"))
VENDOR = Vendor(
    name="marigold",
    label="Marigold Shop",
    signatures=(SECRET_ADDRESS,),
    events=event_types("invoice", INVOICE, "created updated deleted")
    | event_types("payment", PAYMENT, "created updated deleted received moved corrected allocated"),
)
"""
CIRCUMSTANCES = Circumstances(ids=2, moments=6, timeless=0.05, junk=0.02)
INVOICE = ("invoice", "", "i")
OTHER_INVOICE = ("invoice", "", "j")


@contextmanager
def money_vendor() -> Iterator[None]:
    """Add the vendor while the context lasts."""
    with TemporaryDirectory() as directory, temporary_vendor(Path(directory), MONEY_VENDOR):
        yield


def generate_money_bodies(seed: int, size: int) -> Bodies:
    """Make `size` events of this vendor, most of them of few payments of few invoices.

    In two of three histories the vendor does not say what is paid: that would hide what the payments do.
    """
    random = Random(seed)
    vendor = get_vendor(NAME)
    bodies = [generate_event(random, vendor, CIRCUMSTANCES) for _ in range(size)]
    if random.random() < 2 / 3:
        bodies = [body.replace(b'"amountPaid"', b'"amountPromised"') for body in bodies]
    return [(NAME, body) for body in bodies]


def invoice_event(verb: str, minute: int, key: str = "i", **payload: Any) -> StoredEvent:
    return build_event("heffl", f"invoice.{verb}", minute, {"id": key} | payload)


def payment_event(minute: int, key: str = "p", **payload: Any) -> StoredEvent:
    """Build an event of a payment; `invoiceId` is the invoice's."""
    return build_event("heffl", "payment.received", minute, {"id": key} | payload)


def deletable_event(event_type: str, minute: int, **payload: Any) -> StoredEvent:
    """Build an event of the vendor who deletes payments; call it within `money_vendor`."""
    return build_event(NAME, event_type, minute, payload)
