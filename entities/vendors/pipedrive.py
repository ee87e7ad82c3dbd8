"""Pipedrive: each event carries the whole record as it is after the change, and what was before.

Source: the vendor's documentation of its webhooks (version 2). On a deletion the record is what was before. A
retry has another `meta.attempt`, and so is another event that says the same. Persons and organizations are
contacts and clients, activities are tasks.
"""

from entities.signature_language import BASIC_AUTHENTICATION
from entities.vendor_language import Entity, EventType, Spelling, Vendor, event_types, same_names

RECORD_ID = "id /meta.entity_id"
CREATED_AT = {"created_at": "add_time"}
MERGED_INTO = "/meta.merged_to_id"

PERSON = Entity(
    "contact",
    id=RECORD_ID,
    columns=same_names("name first_name last_name")
    | CREATED_AT
    | {"email": "emails.0.value email.0.value", "phone": "phones.0.value phone.0.value", "client": "org_id"}
    | {"owner_ref": "owner_id", "merged_into": MERGED_INTO},
)
ORGANIZATION = Entity(
    "client",
    id=RECORD_ID,
    columns=same_names("name website custom_fields") | CREATED_AT | {"merged_into": MERGED_INTO},
)
DEAL = Entity(
    "deal",
    id=RECORD_ID,
    columns=same_names("title value currency status expected_close_date lost_reason origin custom_fields")
    | CREATED_AT
    | {
        "vendor_status": "status",
        "stage_ref": "stage_id",
        "pipeline_ref": "pipeline_id",
        "client": "org_id",
        "contact": "person_id",
        "owner_ref": "owner_id",
        "merged_into": MERGED_INTO,
    },
)
LEAD = Entity(
    "lead",
    id=RECORD_ID,
    columns=same_names("title origin custom_fields")
    | CREATED_AT
    | {"value": "value.amount", "archived": "is_archived", "owner_ref": "owner_id"},
)
ACTIVITY = Entity(
    "task",
    id=RECORD_ID,
    columns=CREATED_AT
    | {
        "title": "subject",
        "contact": "person_id",
        "due_at": "due_date",
        "assignee_ref": "owner_id",
        "status": "done",
    },
    translations={"status": {"true": "completed", "false": "open"}},
)

VERBS = "create change delete"
MERGED = "/meta.merged_from_id"

VENDOR = Vendor(
    name="pipedrive",
    label="Pipedrive",
    signatures=(BASIC_AUTHENTICATION,),
    type=("meta.entity", "meta.action"),
    time="meta.timestamp",
    payload="data previous",
    spelling=Spelling.SNAKE_CASE,
    events=event_types("person", PERSON, VERBS)
    | event_types("organization", ORGANIZATION, VERBS)
    | event_types("deal", DEAL, VERBS)
    | event_types("lead", LEAD, VERBS)
    | event_types("activity", ACTIVITY, VERBS)
    | {
        "person.change": EventType(PERSON, merged=MERGED),
        "organization.change": EventType(ORGANIZATION, merged=MERGED),
        "deal.change": EventType(DEAL, merged=MERGED),
    },
    unsampled={
        "contact": "email.0.value phone.0.value",
        "client": "/meta.merged_to_id website",
        "deal": "/meta.merged_to_id /meta.merged_from_id",
    },
)
