"""A person of whom every value carries a canary, in every place where the mirror may keep one, and others.

`store_canaries` stores what two vendors say of them. `find_canaries` looks for her values in all tables.
"""

import json
from typing import Any

from crmmirror.lib.database.cursors import fetch_rows
from entities.audit import identify_command, write_audit_entry
from entities.models import AuditAction, Client, SavedView, ViewedRecord
from tests.support.staff_client import create_staff_user, store_and_apply, store_delivery

CANARY = "canary"
EMAIL, FORMER_EMAIL = "canary.one@example.com", "canary.former@example.com"
PHONE, OTHER_NOTATION, DIGITS = "+971 50 765 4321", "0507654321", "507654321"
ID, CONTACT_ID, LEAD_ID, SEEDLY_ID = "cl_canary", "co_canary", "le_canary", "sc_canary"
BOB, BOB_EMAIL = "co_bob", "bob@example.com"
SCOPE = "sa_east"
TABLES = "SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = current_schema()"
FIND = "SELECT line FROM (SELECT t::text AS line FROM {} t) t WHERE lower(line) LIKE ANY(%s::text[])"
NAME = {"firstName": "Jane", "lastName": "Canary"}
BOB_PAYLOAD = {"id": BOB, "firstName": "Bob", "email": BOB_EMAIL}
# Type of event -> payload, in the order in which they are applied; what is about her, and about others.
HEFFL: list[tuple[str, dict[str, Any]]] = [
    (
        "contact.created",
        NAME
        | {"id": CONTACT_ID, "email": EMAIL, "mobile": OTHER_NOTATION, "companyName": "Canary Ltd"}
        | {"tags": ["canary tag"], "clientId": ID, "designation": "Chief Canary"},
    ),
    ("lead.created", {"id": LEAD_ID, "name": "Jane Canary", "email": EMAIL, "source": "Canary fair"}),
    ("contact.created", BOB_PAYLOAD | {"clientId": ID}),
    (
        "invoice.created",
        {"id": "i1", "number": "INV-1", "total": 70, "status": "paid"}
        | {"clientId": ID, "clientName": "Jane Canary"},
    ),
    (
        "payment.received",
        {"id": "p1", "clientId": ID, "invoiceId": "i1", "amount": 70}
        | {"notes": "from Canary", "referenceNumber": "CANARY-7"},
    ),
    (
        "form.response.created",
        {"id": "f1", "formId": "form1", "formName": "Ask", "contactId": CONTACT_ID}
        | {"data": {"name": "Canary"}},
    ),
    # Of Bob, with addresses of hers in it.
    (
        "deal.created",
        {"id": "d2", "title": "Bob's fence", "price": 7, "contactId": BOB}
        | {"remark": f"ask {EMAIL} about it", "phoneNote": f"or {OTHER_NOTATION}"},
    ),
    # Nothing of these is applied.
    ("weather.changed", {"id": "w1", "about": f"Canary {EMAIL}"}),
    ("deal.updated", {"title": "no id, Canary", "email": EMAIL}),
    ("deal.updated", {"title": "no id, Canary", "clientId": ID}),
]
SEEDLY: list[tuple[str, dict[str, Any]]] = [
    ("contact.created", NAME | {"email": EMAIL, "phone": OTHER_NOTATION, "source": "canary ad"}),
    ("contact.tag_added", {"tagName": "canary fan"}),
    ("contact.updated", {"email": EMAIL, "changedFields": ["email", "Canary"]}),
    (
        "message.received",
        {"messageId": "m1", "conversationId": "conv_canary", "bodyText": "Canary here", "channel": "sms"}
        | {"fromAddress": OTHER_NOTATION, "externalId": "wamid.canary"},
    ),
    (
        "appointment.booked",
        {"appointmentId": "a1", "appointmentTitle": "Visit Canary", "startTime": "2025-02-01T10:00:00Z"},
    ),
    ("task.created", {"taskId": "t1", "title": "Call Canary", "priority": "high"}),
    (
        "form.submitted",
        {"submissionId": "s1", "formId": "form2", "formName": "Quote", "fields": {"name": "Canary"}},
    ),
    ("contact.created", {"contactId": "sc_bob", "firstName": "Bob", "email": BOB_EMAIL}),
]
MALFORMED = (
    f"no JSON, but Canary {EMAIL}".encode(),
    json.dumps({"payload": {"note": f"no type, Canary {OTHER_NOTATION}"}}).encode(),
)


def find_canaries() -> dict[str, list[str]]:
    """Return table -> the rows in which a value of hers stands, as text or in bytes."""
    return find_texts(CANARY, CANARY.capitalize(), CANARY.upper(), DIGITS, PHONE)


def find_texts(*texts: str) -> dict[str, list[str]]:
    """Return table -> the rows in which one of the texts stands, as text or in bytes."""
    patterns = [f"%{form}%" for text in texts for form in (text.lower(), text.encode().hex())]
    found = {table: fetch_rows(FIND.format(table), patterns) for (table,) in fetch_rows(TABLES)}
    return {table: [row[0][:300] for row in rows] for table, rows in found.items() if rows}


def store_canaries() -> None:
    """Store and apply all of it."""
    store_and_apply("client.created", client_payload(email=FORMER_EMAIL), "2025-01-01T00:00:00Z")
    store_and_apply("client.updated", client_payload(), "2025-01-02T00:00:00Z")
    for event, payload in HEFFL:
        store_and_apply(event, payload)
    # Two persons in one body. The other event names nobody, and is about the same deal.
    store_and_apply("deal.created", deal_payload())
    store_and_apply(
        "deal.updated", {"id": "d1", "title": "Canary's roof", "price": 150}, "2025-01-16T00:00:00Z"
    )
    for event, payload in SEEDLY:
        store_and_apply(event, {"subAccountId": SCOPE, "contactId": SEEDLY_ID} | payload, vendor="seedly")
    for body in MALFORMED:
        store_delivery(body)
    _leave_traces()


def client_payload(**payload: Any) -> dict[str, Any]:
    """Return her client record as a payload."""
    contact = {"email": EMAIL, "phone": PHONE, "website": "https://canary.example.com"}
    others = {"customFields": {"shoe": "Canary 42"}, "nickname": "Canary bird"}
    address = {"address": {"street": "Canary Wharf 1"}}
    return {"id": ID, "name": "Jane Canary"} | NAME | contact | others | address | payload


def deal_payload() -> dict[str, Any]:
    """Return a deal of hers and of Bob, with copies of both."""
    own = {"id": "d1", "price": 100, "status": "active", "number": "D-1", "stage": "New"}
    about_her = {"title": "Roof for Canary", "lostReason": "Canary flew", "customFields": {"for": "Canary"}}
    others = {"leadId": LEAD_ID, "leadName": "Jane Canary", "remark": "canary remark"}
    persons = {"client": client_payload(), "contact": BOB_PAYLOAD | {"designation": "Boss"}}
    return own | about_her | others | persons


def _leave_traces() -> None:
    """Let somebody look at her record, search for her, and save and export what is found."""
    user = create_staff_user()
    client = Client.objects.get(external_id=ID)
    ViewedRecord.objects.create(
        user=user,
        record_type="client",
        source=client.source,
        scope="",
        external_id=ID,
        viewed_at="2026-01-01T00:00:00Z",
    )
    query = "q=canary.one%40example.com&status=open"
    SavedView.objects.create(owner=user, record_type="client", name="Jane Canary", query=query)
    SavedView.objects.create(owner=user, record_type="deal", name="Mine", query="q=Jane+Canary&o=1")
    actor = identify_command("test")
    write_audit_entry(actor, AuditAction.EXPORT, Client, filters={"q": EMAIL}, query="q=Jane+Canary", rows=3)
