"""A made-up vendor with samples, as `manage.py check` judges it."""

import json
from pathlib import Path
from typing import Any

from django.core.checks import CheckMessage

from entities.checks.vendor_checks import check_module
from tests.support.third_vendor import NAME, temporary_vendor

SOUND = """
from entities.signature_language import SECRET_ADDRESS
from entities.vendor_language import Entity, EventType, Rank, Spelling, Vendor, event_types, same_names

DEAL = Entity("deal", id="id", columns=same_names("title client") | {"value": "price.amount"})
CLIENT = Entity("client", id="id", columns=same_names("name"))
VENDOR = Vendor(
    name="marigold",
    label="Marigold",
    signatures=(SECRET_ADDRESS,),
    events=event_types("deal", DEAL, "created deleted") | event_types("client", CLIENT, "deleted"),
    type="meta.kind",
    time="meta.at",
    payload="row",
)
"""
DEAL = {"id": 5, "title": "Pots", "price": {"amount": 3}, "client": {"id": 1, "name": "Acme"}}


def build_sample(kind: str, row: Any = DEAL) -> bytes:
    return json.dumps({"meta": {"kind": kind, "at": "2026-03-01T10:00:00Z"}, "row": row}).encode()


def check_text(directory: Path, text: str, samples: dict[str, bytes] | None = None) -> list[CheckMessage]:
    """Return what the checks say of a vendor with this module and these samples: file name -> body."""
    folder = directory / "samples" / NAME
    folder.mkdir(parents=True)
    bodies = {"deal.created.json": build_sample("deal.created")} if samples is None else samples
    for name, body in bodies.items():
        (folder / name).write_bytes(body)
    with temporary_vendor(directory, text):
        return list(check_module(NAME))
