"""Seedly CRM: partial payloads, scoped by sub-account.

Source: the vendor's webhook documentation, a payload of each type in `tests/fixtures/seedly`. How
the vendor signs is not in its public reference: the scheme is a setting of each source.
"""

from entities.vendor import EVENT_TIME, Entity, Vendor, alike, events

SUB_ACCOUNT = Entity("subaccount", id=("subAccountId",), columns=alike("location_id"))
CONTACT = Entity(
    "contact",
    id=("contactId", "id"),
    columns=alike("first_name last_name email phone job_title tags created_at")
    | {"company_name": "company", "origin": "source", "lifecycle_stage": "newStage lifecycleStage"},
    adds={"tagName": "tags"},
    about_event=("previousStage", "changedFields"),
)
MESSAGE = Entity(
    "message",
    id=("messageId", "id"),
    columns=alike("contact conversation_ref channel direction from_address status occurred_at created_at")
    | {"body": "bodyText", "provider_ref": "externalId"},
)
APPOINTMENT = Entity(
    "appointment",
    id=("appointmentId", "id"),
    columns=alike("contact calendar_ref status created_at")
    | {
        "title": "appointmentTitle title name",
        "type_ref": "appointmentTypeId",
        "starts_at": "startTime",
        "ends_at": "endTime",
    },
)
OPPORTUNITY = Entity(
    "deal",
    id=("opportunityId", "id"),
    columns=alike("contact value pipeline_ref stage_name lost_reason status created_at")
    | {
        "title": "title name",
        "stage_ref": "toStageId stageId",
        "vendor_status": "status",
        "origin": "source",
    },
    about_event=("changedFields", "fromStageId"),
)
FORM_SUBMISSION = Entity(
    "formsubmission",
    id=("submissionId", "id"),
    columns=alike("contact form_ref form_name submitted_at created_at") | {"answers": "fields"},
)
INVOICE = Entity(
    "invoice",
    id=("invoiceId", "id"),
    columns=alike("contact number status total currency due_date paid_at created_at")
    | {"amount_paid": "amount", "vendor_status": "status"},
)
TASK = Entity(
    "task",
    id=("taskId", "id"),
    columns=alike("contact status priority completed_at created_at")
    | {"title": "title name", "due_at": "dueDate", "assignee_ref": "assignedTo"},
    about_event=("changedFields",),
)

VENDOR = Vendor(
    name="seedly",
    label="Seedly CRM",
    scheme="standard-webhooks",
    payload_keys=("data", "payload"),
    scope=SUB_ACCOUNT,
    beside={"contact": {"tags": "tags"}},
    events=events("contact", CONTACT, "created updated lifecycle_changed tag_added")
    | events(
        "message",
        MESSAGE,
        "received sent delivered failed",
        received={"occurred_at": EVENT_TIME, "direction": "inbound"},
        sent={"occurred_at": EVENT_TIME, "direction": "outbound", "status": "sent"},
        delivered={"direction": "outbound", "status": "delivered"},
        failed={"direction": "outbound", "status": "failed"},
    )
    | events(
        "appointment",
        APPOINTMENT,
        "booked cancelled rescheduled confirmed completed no_show",
        booked={"status": "scheduled"},
        cancelled={"status": "cancelled"},
        rescheduled={"status": "scheduled"},
        confirmed={"status": "confirmed"},
        completed={"status": "completed"},
        no_show={"status": "no_show"},
    )
    | events(
        "opportunity",
        OPPORTUNITY,
        "created stage_changed won lost updated deleted",
        created={"status": "open"},
        won={"status": "won"},
        lost={"status": "lost"},
    )
    | events("form", FORM_SUBMISSION, "submitted", submitted={"submitted_at": EVENT_TIME})
    | events("invoice", INVOICE, "paid", paid={"status": "paid"})
    | events("task", TASK, "created updated completed deleted"),
)
