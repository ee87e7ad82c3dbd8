"""The kinds of record that the vendor serves, and their three shapes: lists of both versions, and webhooks.

The shapes are those of `exchanges/`, which are the vendor's documented answers. Not documented are the rows
of leads in version 2; they are taken to be like those of deals.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

Row = dict[str, Any]

EXCHANGES = Path(__file__).with_name("exchanges")
# What webhooks write as numbers, by the id that version 2 writes: owners, stages, pipelines.
NUMBERS: Mapping[str, int] = {
    "usr_john042": 42,
    "usr_mary043": 43,
    "lstg_new0001": 1,
    "lstg_cont002": 2,
    "dps_prop011": 11,
    "dps_won0001": 12,
    "dps_lost001": 13,
    "dpl_sales01": 1,
}
USERS: tuple[Row, ...] = (
    {"id": "usr_john042", "name": "John Doe", "email": "john@acme.example"},
    {"id": "usr_mary043", "name": "Mary Major", "email": "mary@acme.example"},
)
SOURCES: tuple[Row, ...] = ({"id": "src_ref001", "name": "Referral"}, {"id": "src_web001", "name": "Website"})


@dataclass(frozen=True)
class Resource:
    """One kind of record. A record is kept as version 2 answers a single one.

    sample: a record that is documented; all others are made after it.
    prefix, webhook_prefix: what the record's id begins with in the API, and in webhooks.
    event: what the types of its webhooks begin with; empty if the vendor sends none.
    webhook: key of the webhook's payload -> key of the record.
    v1: the list of version 1 that has it; empty for none. v1_sample: a row of that list.
    empty_on_lists: the keys that a list of version 2 leaves empty.
    """

    name: str
    sample: Row
    prefix: str
    webhook_prefix: str = ""
    event: str = ""
    webhook: Mapping[str, str] = field(default_factory=dict)
    v1: str = ""
    v1_sample: Row = field(default_factory=dict)
    empty_on_lists: tuple[str, ...] = ()


@cache
def read_exchange(name: str) -> Mapping[str, Any]:
    """Return the documented answer of this name: its status, headers and body."""
    return json.loads((EXCHANGES / f"{name}.json").read_text())["response"]


def first_row(name: str) -> Row:
    """Return the first row of a documented list, or the record of a documented single answer."""
    body = read_exchange(name)["body"]
    rows = body.get("items") or body.get("data") or [body]
    return dict(rows[0])


def _same_keys(names: str, **others: str) -> dict[str, str]:
    return dict(zip(names.split(), names.split(), strict=True)) | others


_V1_LEAD = first_row("v1-leads-list-page1")
_LEAD = {key: value for key, value in _V1_LEAD.items() if key != "customFields"} | {
    "stageId": "lstg_new0001",
    "ownerUserId": "usr_john042",
    "ownerName": "John Doe",
    "updatedAt": "2025-01-20T16:02:44.003Z",
    "cf_budget": "50000",
}
RESOURCES: Mapping[str, Resource] = {
    resource.name: resource
    for resource in (
        Resource(
            "leads",
            _LEAD,
            "ld_",
            "ld_",
            "lead",
            _same_keys(
                "name title email mobile secondaryMobile website value source archived stage stageId"
                " ownerName createdAt",
                ownerId="ownerUserId",
            ),
            "leads",
            _V1_LEAD,
        ),
        Resource(
            "deals",
            first_row("v2-deals-list-page1"),
            "dl_",
            "dl_",
            "deal",
            _same_keys(
                "title number price status priority expectedCloseDate stage stageId pipelineId source"
                " ownerName createdAt",
                ownerId="ownerUserId",
            ),
            "deals",
            first_row("v1-deals-list-page1"),
        ),
        Resource(
            "companies",
            first_row("v2-companies-list-page1"),
            "clt_",
            "cl_",
            "client",
            _same_keys("name number type email phone taxNumber website createdAt"),
            "clients",
            first_row("v1-clients-list-page1"),
        ),
        Resource(
            "contacts",
            first_row("v2-contacts-list-page1"),
            "clt_",
            "ct_",
            "contact",
            _same_keys("firstName lastName email createdAt", mobile="phone", designation="jobTitle"),
            "clients",
            first_row("v1-clients-list-page1"),
        ),
        Resource(
            "quotations",
            first_row("v2-quotation-get"),
            "qtn_",
            "qt_",
            "quotation",
            _same_keys("number status createdAt", total="totalAmount"),
            empty_on_lists=("lineItems",),
        ),
        Resource("tasks", first_row("v2-task-get"), "tsk_", v1="tasks", v1_sample=first_row("v2-task-get")),
    )
}
# Lists that are short, of which version 2 has no pages, and which nobody changes.
REFERENCE_LISTS: Mapping[str, tuple[Row, ...]] = {
    "pipelines": tuple(read_exchange("v2-pipelines-list")["body"]["data"]),
    "users": USERS,
    "sources": SOURCES,
}
# The lists of version 1 -> the kinds of record in them.
V1_LISTS: Mapping[str, tuple[str, ...]] = {
    name: tuple(resource.name for resource in RESOURCES.values() if resource.v1 == name)
    for name in ("leads", "deals", "clients", "tasks")
}


def shape_v1(resource: Resource, record: Row) -> Row:
    """Return a record as version 1 writes it: without the time of its last change."""
    custom = {key: value for key, value in record.items() if key.startswith("cf_")}
    row = {key: record.get(key) for key in resource.v1_sample}
    return row | ({"customFields": custom} if "customFields" in row else {})


def shape_v2_row(resource: Resource, record: Row) -> Row:
    """Return a record as a list of version 2 writes it."""
    return record | {key: [] for key in resource.empty_on_lists}


def shape_webhook(resource: Resource, record: Row, webhook_id: str) -> Row:
    """Return the payload of a webhook: numbers for the ids of owners, stages and pipelines."""
    payload: Row = {key: record.get(name) for key, name in resource.webhook.items()}
    numbers = {key: NUMBERS[id] for key, id in payload.items() if key.endswith("Id") and id in NUMBERS}
    return {"id": webhook_id} | payload | numbers
