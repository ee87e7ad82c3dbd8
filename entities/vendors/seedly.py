"""Seedly CRM: an event carries only a part of the record, and ids are unique within a sub-account only.

Source: the vendor's webhook documentation. `entities/vendors/samples/seedly` has a payload of each type.
The public reference does not say how the vendor signs; staff can set another scheme on each source.

The documented payloads do not say when their record was created. The time of the event that a record begins
with counts where they do not.

A receipt (`message.delivered`, `message.failed`) names no direction, and the table implies none: it comes for
messages of both directions, and would overwrite what the message's own event said before it. A message of
which only a receipt is known shows none.
"""

from entities.signature_language import STANDARD_WEBHOOKS
from entities.vendor_language import EVENT_TIME, Entity, Vendor, event_types, same_names

SUB_ACCOUNT = Entity("subaccount", id="subAccountId", columns=same_names("location_id"))
CONTACT = Entity(
    "contact",
    id="contactId id",
    columns=same_names("first_name last_name email phone job_title tags created_at")
    | {"company_name": "company", "origin": "source", "lifecycle_stage": "newStage lifecycleStage"},
    additions={"tagName": "tags"},
    event_keys=("previousStage", "changedFields"),
    is_never_deleted=True,
)
MESSAGE = Entity(
    "message",
    id="messageId id",
    columns=same_names(
        "contact conversation_ref channel direction from_address status occurred_at created_at"
    )
    | {"body": "bodyText", "provider_ref": "externalId"},
    is_never_deleted=True,
)
APPOINTMENT = Entity(
    "appointment",
    id="appointmentId id",
    columns=same_names("contact calendar_ref status created_at")
    | {
        "title": "appointmentTitle title name",
        "type_ref": "appointmentTypeId",
        "starts_at": "startTime",
        "ends_at": "endTime",
    },
    is_never_deleted=True,
)
OPPORTUNITY = Entity(
    "deal",
    id="opportunityId id",
    columns=same_names("contact value pipeline_ref stage_name lost_reason status created_at")
    | {
        "title": "title name",
        "stage_ref": "toStageId stageId",
        "vendor_status": "status",
        "origin": "source",
    },
    event_keys=("changedFields", "fromStageId"),
)
FORM_SUBMISSION = Entity(
    "formsubmission",
    id="submissionId id",
    columns=same_names("contact form_ref form_name submitted_at created_at") | {"answers": "fields"},
    is_never_deleted=True,
)
INVOICE = Entity(
    "invoice",
    id="invoiceId id",
    columns=same_names("contact number status total currency due_date paid_at created_at")
    | {"amount_paid": "amount", "vendor_status": "status"},
    is_never_deleted=True,
)
TASK = Entity(
    "task",
    id="taskId id",
    columns=same_names("contact status priority completed_at created_at")
    | {"title": "title name", "due_at": "dueDate", "assignee_ref": "assignedTo"},
    event_keys=("changedFields",),
)

VENDOR = Vendor(
    name="seedly",
    label="Seedly CRM",
    signatures=(STANDARD_WEBHOOKS,),
    payload="data payload",
    scope=SUB_ACCOUNT,
    reference_copies={"contact": {"tags": "tags"}},
    events=event_types(
        "contact",
        CONTACT,
        "created updated lifecycle_changed tag_added",
        created={"created_at": EVENT_TIME},
    )
    | event_types(
        "message",
        MESSAGE,
        "received sent delivered failed",
        received={"occurred_at": EVENT_TIME, "created_at": EVENT_TIME, "direction": "inbound"},
        sent={
            "occurred_at": EVENT_TIME,
            "created_at": EVENT_TIME,
            "direction": "outbound",
            "status": "sent",
        },
        delivered={"status": "delivered"},
        failed={"status": "failed"},
    )
    | event_types(
        "appointment",
        APPOINTMENT,
        "booked cancelled rescheduled confirmed completed no_show",
        booked={"status": "scheduled", "created_at": EVENT_TIME},
        cancelled={"status": "cancelled"},
        rescheduled={"status": "scheduled"},
        confirmed={"status": "confirmed"},
        completed={"status": "completed"},
        no_show={"status": "no_show"},
    )
    | event_types(
        "opportunity",
        OPPORTUNITY,
        "created stage_changed won lost updated deleted",
        created={"status": "open", "created_at": EVENT_TIME},
        won={"status": "won"},
        lost={"status": "lost"},
    )
    | event_types(
        "form",
        FORM_SUBMISSION,
        "submitted",
        submitted={"submitted_at": EVENT_TIME, "created_at": EVENT_TIME},
    )
    | event_types("invoice", INVOICE, "paid", paid={"status": "paid"})
    | event_types("task", TASK, "created updated completed deleted", created={"created_at": EVENT_TIME}),
    unsampled={
        "": "payload",
        "contact": "id changedFields job_title created_at",
        "message": "id occurred_at created_at",
        "appointment": "id title name created_at",
        "deal": "id status source stage_name created_at",
        "formsubmission": "id submitted_at created_at",
        "invoice": "id status number total due_date created_at",
        "task": "id name created_at",
    },
)
