"""Heffl: each event carries the whole record, signed by Standard Webhooks.

Source: the vendor's webhook documentation. `entities/vendors/samples/heffl` has a payload of each documented
type. Not documented are `payment.received`, the shape of `contact.stageChanged`, and that of the invoice
events other than `.created`; for these the tables have the keys that the vendor uses elsewhere.
"""

from entities.resource_language import Api, Paging, Resource, WebhookOrder, listed
from entities.signature_language import STANDARD_WEBHOOKS
from entities.vendor_language import Entity, Vendor, event_types, same_names

DEAL_STATUSES = {"status": {"active": "open"}}

LEAD = Entity(
    "lead",
    id="id leadId",
    columns=same_names(
        "name title email mobile secondary_mobile website value archived custom_fields created_at"
        " stage_ref owner_ref owner_name"
    )
    | {"origin": "source", "stage_name": "stage"},
)
CLIENT = Entity(
    "client",
    id="id clientId",
    columns=same_names(
        "name number type first_name last_name email phone tax_number website custom_fields created_at"
    ),
)
CONTACT = Entity(
    "contact",
    id="id contactId",
    columns=same_names("first_name last_name email company_name client tags created_at")
    | {
        "phone": "mobile",
        "job_title": "designation",
        "origin": "source",
        "lifecycle_stage": "lifecycleStage newStage stage stageName stage.name",
    },
)
DEAL = Entity(
    "deal",
    id="id dealId",
    columns=same_names(
        "number priority expected_close_date lost_reason client contact lead custom_fields created_at"
        " stage_ref pipeline_ref owner_ref owner_name"
    )
    | {
        "title": "title name",
        "value": "price",
        "status": "",
        "vendor_status": "status",
        "origin": "source",
        "stage_name": "stage",
    },
    translations=DEAL_STATUSES,
)
INVOICE = Entity(
    "invoice",
    # `invoiceId` first: in a payment's allocation, `id` is the id of the allocation.
    id="invoiceId id",
    columns=same_names("number client client_name contact total currency due_date created_at status")
    | {
        "vendor_status": "status",
        "amount_paid": "paidTotal amountPaid paidAmount totalPaid",
        "paid_at": "paidAt paidDate paidOn paymentDate",
        "salesperson_ref": "salesPersonId salesPerson.id",
    },
)
QUOTATION = Entity(
    "quotation",
    id="id quotationId",
    columns=same_names("number client client_name deal status total created_at")
    | {"vendor_status": "status"},
)
PAYMENT = Entity(
    "payment",
    id="id paymentId",
    columns=same_names("client currency notes created_at")
    | {
        "invoice": "invoiceId invoice invoices allocations",
        "amount": "amount total",
        "method": "method paymentMethod method.name",
        "reference": "referenceNumber reference",
        "paid_at": "date paidAt paymentDate",
    },
    link_keys=("allocations",),
    identified_by_digest=True,
    is_never_deleted=True,
)
FORM_RESPONSE = Entity(
    "formsubmission",
    id="id responseId",
    columns=same_names("form_ref form_name contact created_at")
    | {"answers": "data", "submitted_at": "createdAt"},
    is_never_deleted=True,
)

# Of the API alone. A task names its people by the API's ids, and no webhook writes that column.
TASK = Entity(
    "task",
    id="id",
    columns=same_names("title contact status priority created_at")
    | {"due_at": "dueDate", "completed_at": "completedOn", "assignee_ref": "assigneeIds.0"},
)

VERSION_1 = Paging(
    rows="items",
    size_parameter="limit",
    cursor_parameter="cursor",
    next_cursor="nextCursor",
    has_more="hasMore",
)
VERSION_2 = Paging(
    rows="data",
    size_parameter="pageSize",
    cursor_parameter="cursor",
    next_cursor="meta.nextCursor",
    has_more="meta.hasMore",
)
# What is added during a load then comes last, and shifts no page.
OLDEST_FIRST = {"orderBy": "createdAt", "orderDir": "asc"}
# Ids of stages, pipelines and owners are numbers in webhooks, and other ids in the API.
API_REFS = "stage_ref pipeline_ref owner_ref"
API = Api(
    base="https://api.heffl.com/api/",
    key_header="x-api-key",
    limit=60,
    seconds=60,
    messages="message error.message",
    # As far as it is known. A load tries it on records that webhooks have brought before.
    ids={
        "client": {"clt_": "cl_"},
        "contact": {"clt_": "ct_"},
        "quotation": {"qtn_": "qt_"},
    },
    webhook_order=WebhookOrder("v1/webhooks"),
    records={
        "client": "v1/clients/{id}",
        "contact": "v1/clients/{id}",
        "quotation": "v2/quotations/{id}",
    },
    resources=(
        Resource("leads", "v1/leads", listed(LEAD, without=API_REFS), VERSION_1),
        # Companies and contacts in one list, without their times of last change: the next two say more.
        Resource("clients", "v1/clients", CLIENT, VERSION_1, only={"type": "company"}, is_default=False),
        Resource("companies", "v2/companies", CLIENT, VERSION_2, changed="updatedAt", query=OLDEST_FIRST),
        Resource(
            "contacts",
            "v2/contacts",
            listed(
                CONTACT,
                phone="phone mobile",
                job_title="jobTitle",
                origin="sourceName source",
                client="companyId",
                lifecycle_stage="stageName",
            ),
            VERSION_2,
            changed="updatedAt",
            query=OLDEST_FIRST,
        ),
        Resource(
            "deals",
            "v2/deals",
            listed(DEAL, without=API_REFS),
            VERSION_2,
            changed="updatedAt",
            query=OLDEST_FIRST,
        ),
        Resource(
            "quotations",
            "v2/quotations",
            listed(QUOTATION, total="totalAmount"),
            VERSION_2,
            changed="updatedAt",
            query=OLDEST_FIRST,
            leaves_out=("lineItems",),
        ),
        Resource("tasks", "v2/tasks", TASK, VERSION_2, changed="updatedAt", query=OLDEST_FIRST),
    ),
)

VENDOR = Vendor(
    name="heffl",
    label="Heffl",
    signatures=(STANDARD_WEBHOOKS,),
    events=event_types("lead", LEAD, "created updated deleted stageChanged")
    | event_types("deal", DEAL, "created updated deleted stageChanged")
    | event_types("client", CLIENT, "created updated deleted")
    | event_types("contact", CONTACT, "created updated deleted stageChanged")
    | event_types("invoice", INVOICE, "created updated paid deleted statusChanged", paid={"status": "paid"})
    | event_types("quotation", QUOTATION, "created updated deleted statusChanged")
    | event_types("payment", PAYMENT, "received")
    | event_types("form.response", FORM_RESPONSE, "created"),
    api=API,
    unsampled={
        "lead": "leadId",
        "deal": "dealId",
        "client": "clientId created_at",
        "contact": "contactId lifecycleStage newStage stageName company_name tags",
        "invoice": "invoiceId amountPaid paidAmount totalPaid paidAt paidDate paidOn paymentDate",
        "quotation": "quotationId",
        "payment": (
            "paymentId invoiceId invoice allocations total paymentMethod method.name reference paidAt"
            " paymentDate created_at"
        ),
        "formsubmission": "responseId form_name contact",
    },
)
