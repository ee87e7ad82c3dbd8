"""Close: each event carries the whole record as it is after the change; a lead is a company.

Source: the vendor's documentation of its webhooks. On a deletion the record is what was before. Several
updates within a short time become one event, which may come again with a later `date_updated` and other
content: its clock is that time. Custom fields have keys of their own (`custom.cf_…`), which stay in the
record's other fields. What people write and say (`activity.*`) is not mirrored.
"""

from entities.signature_language import Signature
from entities.vendor_language import Entity, EventType, Spelling, Vendor, event_types, same_names

RECORD_ID = "id /event.object_id"
CREATED_AT = {"created_at": "date_created"}

LEAD = Entity(
    "client",
    id=RECORD_ID,
    columns=CREATED_AT | {"name": "name display_name", "website": "url", "custom_fields": "custom"},
)
CONTACT = Entity(
    "contact",
    id=RECORD_ID,
    columns=same_names("name")
    | CREATED_AT
    | {
        "email": "emails.0.email",
        "phone": "phones.0.phone",
        "job_title": "title",
        "client": "lead_id /event.lead_id",
    },
)
OPPORTUNITY = Entity(
    "deal",
    id=RECORD_ID,
    columns=same_names("contact")
    | CREATED_AT
    | {
        "value": "value",
        "currency": "value_currency",
        "status": "status_type",
        "vendor_status": "status_type",
        "stage_ref": "status_id",
        "stage_name": "status_label",
        "client": "lead_id /event.lead_id",
        "owner_ref": "user_id",
        "owner_name": "user_name",
    },
    translations={"status": {"active": "open"}},
    scales={"value": 100},
)
TASK = Entity(
    "task",
    id=RECORD_ID,
    columns=same_names("contact")
    | CREATED_AT
    | {
        "title": "text",
        "due_at": "due_date date",
        "assignee_ref": "assigned_to",
        "status": "is_complete",
    },
    translations={"status": {"true": "completed", "false": "open"}},
)

SIGNATURE = Signature(
    "hmac-sha256",
    header="close-sig-hash",
    signed="{time}{body}",
    key_encoding="hex",
    time="header:close-sig-timestamp",
)

VENDOR = Vendor(
    name="close",
    label="Close",
    signatures=(SIGNATURE,),
    type=("event.object_type", "event.action"),
    time="event.date_updated event.date_created",
    payload="event.data event.previous_data",
    delivery_keys="organization_id",
    spelling=Spelling.SNAKE_CASE,
    reference_copies={"client": {"lead_name": "name"}},
    events=event_types("lead", LEAD, "created updated deleted")
    | event_types("contact", CONTACT, "created updated deleted")
    | event_types("opportunity", OPPORTUNITY, "created updated deleted")
    | {
        "lead.merged": EventType(
            LEAD,
            id="/event.meta.merge_destination_lead_id /event.object_id",
            merged="/event.meta.merge_source_lead_id",
        ),
        "task.*": EventType(TASK),
    },
)
