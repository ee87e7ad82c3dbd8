"""Shapes of bodies that other CRMs have: each is read by a vendor of a few lines."""

import json
from pathlib import Path
from typing import Any

import pytest

from entities.merge.registers import timeline_values
from entities.reading.mapped_event import MappedEvent
from tests.support.envelopes import map_body
from tests.support.third_vendor import NAME, temporary_vendor

pytestmark = pytest.mark.unit

HEAD = """
from entities.vendor_language import BodyFormat, Entity, EventType, Spelling, Vendor, event_types, same_names
"""
# The tables, the body, (model, id) -> what is written to it, and the time of the event.
SHAPES: dict[str, tuple[str, Any, dict[tuple[str, str], dict[str, Any]], str]] = {
    "a list of ids, whose type and values stand around it": (
        """
PERSON = Entity("contact", id="id", columns={"email": "/changed.email.1"})
VENDOR = Vendor("marigold", "Marigold", (), event_types("person", PERSON, "update"), batch="ids",
    type=("/kind", "/event"), time="/at")
""",
        {
            "kind": "person", "event": "update", "at": "2026-03-01T10:00:00Z", "ids": [7, "8"],
            "changed": {"email": ["a@x", "b@x"]},
        },
        {
            ("contact", "7"): {"email": "b@x", "exists": True},
            ("contact", "8"): {"email": "b@x", "exists": True},
        },
        "2026-03-01T10:00:00+00:00",
    ),
    "a list of ids of one change": (
        """
PERSON = Entity("contact", id="id", columns=same_names("first_name"))
VENDOR = Vendor("marigold", "Marigold", (), event_types("Contact", PERSON, "UPDATE"), batch="change.head.ids",
    type=("/change.head.entity", "/change.head.verb"), time="/change.head.at", payload="/change",
    delivery_keys="/change.head", spelling=Spelling.PASCAL_CASE)
""",
        {
            "change": {
                "head": {"entity": "Contact", "verb": "UPDATE", "at": 1772359200000, "ids": ["a"]},
                "FirstName": "Ida", "Rating": None,
            }
        },
        {("contact", "a"): {"first_name": "Ida", "extra.Rating": None, "exists": True}},
        "2026-03-01T10:00:00+00:00",
    ),
    "a form, whose keys say what happened": (
        """
LEAD = Entity("deal", id="id", columns=same_names("value created_at") | {"title": "name"})
VENDOR = Vendor("marigold", "Marigold", (), event_types("leads", LEAD, "add delete"), batch="*.*",
    type=("@1", "@2"), time="modified", payload=".", spelling=Spelling.SNAKE_CASE,
    body_format=BodyFormat.FORM)
""",
        b"leads[add][0][id]=5&leads[add][0][name]=Two+pots&leads[add][0][value]=19.9"
        b"&leads[add][0][modified]=1772359200&leads[delete][0][id]=6&leads[delete][0][modified]=1772359200",
        {
            ("deal", "5"): {"title": "Two pots", "value": "19.9000", "exists": True},
            ("deal", "6"): {"exists": False},
        },
        "2026-03-01T10:00:00+00:00",
    ),
    "lists in lists, with the time around them": (
        """
FORM = Entity("formsubmission", id="form.id", columns=same_names("answers"))
VENDOR = Vendor("marigold", "Marigold", (), {"leadgen": EventType(FORM)}, batch="entry.*.changes",
    type="field", time="../time", payload="value")
""",
        {"entry": [{"time": 1772359200, "changes": [{"field": "leadgen", "value": {"form": {"id": 3}}}]}]},
        {("formsubmission", "3"): {"exists": True}},
        "2026-03-01T10:00:00+00:00",
    ),
    "a resource with attributes and relationships": (
        """
PERSON = Entity("contact", id="id", columns=same_names("first_name phone", inside="attributes")
    | {"client": "relationships.employer.data.id"})
COMPANY = Entity("client", id="id", columns=same_names("name", inside="attributes"))
VENDOR = Vendor("marigold", "Marigold", (), event_types("people", PERSON, "updated")
    | event_types("companies", COMPANY, "updated"), type=("data.type", "meta.action"), time="meta.at",
    payload="data", delivery_keys="type", spelling=Spelling.KEBAB_CASE)
""",
        {
            "data": {
                "type": "people", "id": "1", "attributes": {"first-name": "Ida", "phone": " ", "score": 7},
                "relationships": {"employer": {"data": {"type": "companies", "id": "9"}}},
            },
            "meta": {"action": "updated", "at": "2026-03-01T10:00:00Z"},
        },
        {
            ("contact", "1"): {
                "first_name": "Ida", "phone": None, "client": "9", "exists": True,
                "extra.attributes.score": 7, "extra.relationships.employer.data.type": "companies",
            },
            ("client", "9"): {},
        },
        "2026-03-01T10:00:00+00:00",
    ),
    "properties as a list, and an address by its kind": (
        """
PERSON = Entity("contact", id="id", columns=same_names("first_name company_name", inside="properties")
    | {"email": "mails.kind=work.address", "phone": "properties.'Mobile Phone'"})
VENDOR = Vendor("marigold", "Marigold", (), {"saved": EventType(PERSON)}, type="event", time="at",
    payload="row", property_lists={"properties": ("name", "value")}, spelling=Spelling.SNAKE_CASE,
    time_formats=("%d/%m/%Y %H:%M",))
""",
        {
            "event": "saved", "at": "01/03/2026 10:00",
            "row": {
                "id": 4,
                "mails": [{"kind": "home", "address": "h@x"}, {"kind": "work", "address": "w@x"}],
                "properties": [
                    {"name": "first_name", "value": "Ida"}, {"name": "Mobile Phone", "value": "1"},
                    {"name": "score", "value": 5},
                ],
            },
        },
        {
            ("contact", "4"): {
                "first_name": "Ida", "email": "w@x", "phone": "1", "exists": True,
                "extra.mails": [{"kind": "home", "address": "h@x"}, {"kind": "work", "address": "w@x"}],
                "extra.properties.score": 5,
            }
        },
        "2026-03-01T10:00:00+00:00",
    ),
    "a body without a type, with JSON in a text": (
        """
DEAL = Entity("deal", id="'Deal ID'", columns=same_names("title lost_reason")
    | {"status": "state.json().label"})
VENDOR = Vendor("marigold", "Marigold", (), {"deal.changed": EventType(DEAL)}, payload=".",
    time="'Changed At'", untyped="deal.changed", spelling=Spelling.WORDS)
""",
        {
            "Deal ID": 3, "Title": "Pots", "Lost Reason": "", "state": '{"label": "Won"}',
            "Changed At": "/Date(1772359200000)/",
        },
        {
            ("deal", "3"): {
                "title": "Pots", "lost_reason": None, "status": "won", "exists": True,
                "extra.state": '{"label": "Won"}',
            }
        },
        "2026-03-01T10:00:00+00:00",
    ),
    "kinds of record that have numbers": (
        """
ITEM = Entity("deal", id="item", columns=same_names("title") | {"stage_name": "status.label.text"})
VENDOR = Vendor("marigold", "Marigold", (), {"77.change": EventType(ITEM)},
    type=("event.board", "event.type"), time="event.at", payload="event", property_keys=("column", "value"))
""",
        {
            "event": {
                "board": 77, "type": "change", "at": "2026-03-01T10:00:00Z", "item": 1, "column": "status",
                "value": {"label": {"text": "Done"}},
            }
        },
        {("deal", "1"): {"stage_name": "Done", "exists": True}},
        "2026-03-01T10:00:00+00:00",
    ),
}  # fmt: skip


def read(directory: Path, tables: str, content: Any) -> MappedEvent:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    with temporary_vendor(directory, HEAD + tables):
        return map_body(NAME, body)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_body_of_this_shape_is_read(tmp_path: Path, shape: str) -> None:
    tables, content, expected, time = SHAPES[shape]
    mapped = read(tmp_path, tables, content)
    assert mapped.warnings == ()
    assert mapped.envelopes.occurred_at.isoformat() == time
    assert {
        (said.key.model, said.key.external_id): timeline_values(said.writes) for said in mapped.statements
    } == expected
