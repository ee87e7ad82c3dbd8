"""A vendor that exists for one test: a module in a directory of the test's own."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from entities import vendors
from entities.reading.plans.event_plans import clear_plans
from entities.vendors import UnusableVendor, all_vendors

NAME = "marigold"
MARIGOLD = """
from entities.signature_language import TOKEN
from entities.vendor_language import EVENT_TIME, Entity, Vendor, event_types, same_names

ACCOUNT = Entity("subaccount", id="shop", columns={})
PERSON = Entity(
    "contact",
    id="uid",
    columns=same_names("email created_at tags") | {"first_name": "names.given", "last_name": "names.family"},
    additions={"label": "tags"},
    event_keys=("actor",),
)
ORDER = Entity(
    "deal",
    id="uid",
    columns=same_names("title contact owner_ref")
    | {"value": "sum", "status": "state", "vendor_status": "state"},
    translations={"status": {"shipped": "won"}},
)
VENDOR = Vendor(
    name="marigold",
    label="Marigold Shop",
    signatures=(TOKEN,),
    type="type",
    time="at",
    payload="object",
    scope=ACCOUNT,
    events=event_types("person", PERSON, "created updated deleted labelled")
    | event_types("order", ORDER, "created shipped", shipped={"status": "won"}),
)
"""
ORDER = b"""{"type": "order.created", "at": 1736937000000, "object": {
    "uid": 77, "shop": "s1", "title": "Two pots", "sum": "19.90", "state": "Shipped", "owner": {"id": 3},
    "contact": {"uid": "p1", "names": {"given": "Ida", "middle": "B"}, "actor": "api"}, "gift": true}}"""


@contextmanager
def temporary_vendor(directory: Path, text: str = MARIGOLD) -> Iterator[str]:
    """Add a vendor's module with this text while the context lasts; yield its full name."""
    (directory / f"{NAME}.py").write_text(text)
    vendors.__path__.append(str(directory))
    _clear_caches()
    # A module that is written twice within a second and keeps its length would be imported from its bytecode.
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    try:
        yield f"{vendors.__name__}.{NAME}"
    finally:
        sys.dont_write_bytecode = before
        vendors.__path__.remove(str(directory))
        _clear_caches()


def restart_process() -> None:
    """Let this process import the vendors' modules anew, as one does that starts now."""
    _clear_caches()
    with suppress(UnusableVendor):
        all_vendors()


def _clear_caches() -> None:
    sys.modules.pop(f"{vendors.__name__}.{NAME}", None)
    vars(vendors).pop(NAME, None)
    importlib.invalidate_caches()
    all_vendors.cache_clear()
    clear_plans()
