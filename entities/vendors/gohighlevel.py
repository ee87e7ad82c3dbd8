"""GoHighLevel: flat bodies without an envelope, each with the whole record; appointments are nested.

Source: the vendor's documentation of its webhooks for marketplace apps. The documented samples of
`OpportunityStageUpdate` and `OpportunityStatusUpdate` have an id in place of their type; those here have the
type. A body without a `timestamp`, as the vendor sent before 2025, counts as of its receipt. A text message
without an id of its own is a fact of its own.
"""

from entities.signature_language import Signature
from entities.vendor_language import EVENT_TIME, Entity, Vendor, event_types, same_names

LOCATION = Entity("subaccount", id="/locationId", columns={})
CREATED_AT = {"created_at": "dateAdded"}

CONTACT = Entity(
    "contact",
    id="id",
    columns=same_names("name first_name last_name email phone company_name tags")
    | CREATED_AT
    | {"origin": "source", "owner_ref": "assignedTo"},
)
OPPORTUNITY = Entity(
    "deal",
    id="id",
    columns=same_names("status contact pipeline_ref")
    | CREATED_AT
    | {
        "title": "name",
        "value": "monetaryValue",
        "vendor_status": "status",
        "stage_ref": "pipelineStageId",
        "owner_ref": "assignedTo",
        "origin": "source",
    },
)
APPOINTMENT = Entity(
    "appointment",
    id="id",
    columns=same_names("title contact calendar_ref")
    | CREATED_AT
    | {"status": "appointmentStatus", "starts_at": "startTime", "ends_at": "endTime"},
    translations={"status": {"new": "scheduled", "showed": "completed", "noshow": "no_show"}},
)
TASK = Entity(
    "task",
    id="id",
    columns=same_names("title contact status")
    | CREATED_AT
    | {"due_at": "dueDate", "assignee_ref": "assignedTo", "completed_at": ""},
)
MESSAGE = Entity(
    "message",
    id="messageId emailMessageId",
    columns=same_names("contact conversation_ref direction body status")
    | CREATED_AT
    | {"channel": "messageType", "occurred_at": "dateAdded"},
    identified_by_digest=True,
    is_never_deleted=True,
)

# The key is published for all customers. The older `X-WH-Signature` ends in 2026, and is not read.
SIGNATURE = Signature(
    "ed25519",
    header="X-GHL-Signature",
    encoding="base64",
    time="body:timestamp",
    time_unit="iso8601",
    time_optional=True,
    public_key="MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg=",
)

VENDOR = Vendor(
    name="gohighlevel",
    label="GoHighLevel",
    signatures=(SIGNATURE,),
    type="type",
    time="timestamp appointment.dateUpdated dateUpdated",
    payload="appointment .",
    delivery_keys="webhookId",
    scope=LOCATION,
    events=event_types("Contact", CONTACT, "Create Update Delete DndUpdate TagUpdate", joint="")
    | event_types(
        "Opportunity",
        OPPORTUNITY,
        "Create Update Delete StageUpdate StatusUpdate MonetaryValueUpdate AssignedToUpdate",
        joint="",
    )
    | event_types("Appointment", APPOINTMENT, "Create Update Delete", joint="")
    | event_types(
        "Task",
        TASK,
        "Create Complete Delete",
        joint="",
        Complete={"status": "completed", "completed_at": EVENT_TIME},
    )
    | event_types("Inbound", MESSAGE, "Message", joint="", Message={"direction": "inbound"})
    | event_types("Outbound", MESSAGE, "Message", joint="", Message={"direction": "outbound"}),
    unsampled={
        "": "dateUpdated",
        "message": "messageId emailMessageId",
        "task": "status completed_at",
    },
)
