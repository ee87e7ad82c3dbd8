"""The mirrored records, a line a field. Admin, API and filters derive from these."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from entities import fields
from entities.derived import RunStart
from entities.models.record import Record


class SubAccount(Record):
    location_id = fields.text()


class Lead(Record):
    name = fields.text()
    title = fields.text()
    email = fields.text()
    mobile = fields.text()
    secondary_mobile = fields.text()
    website = fields.text()
    value = fields.amount()
    origin = fields.text()
    stage_name = fields.text()
    stage_ref = fields.text()
    owner_ref = fields.text()
    owner_name = fields.text()
    archived = fields.flag()
    custom_fields = fields.document()

    tracked = ("stage_name", "stage_ref")


class Client(Record):
    name = fields.text()
    number = fields.text()
    type = fields.text()
    first_name = fields.text()
    last_name = fields.text()
    email = fields.text()
    phone = fields.text()
    tax_number = fields.text()
    website = fields.text()
    custom_fields = fields.document()


class Contact(Record):
    first_name = fields.text()
    last_name = fields.text()
    email = fields.text()
    phone = fields.text()
    company_name = fields.text()
    job_title = fields.text()
    origin = fields.text()
    lifecycle_stage = fields.text()
    tags = ArrayField(models.TextField(), null=True, blank=True)
    client = fields.reference("Client")

    tracked = ("lifecycle_stage",)

    def __str__(self) -> str:
        names = (self.first_name, self.last_name)
        return " ".join(name for name in names if name) or self.email or self.external_id


class Deal(Record):
    title = fields.text()
    number = fields.text()
    value = fields.amount()
    status = fields.word()
    vendor_status = fields.text()
    priority = fields.text()
    expected_close_date = fields.date()
    closed_at = fields.moment()
    lost_reason = fields.text()
    stage_name = fields.text()
    stage_ref = fields.text()
    pipeline_ref = fields.text()
    origin = fields.text()
    client = fields.reference("Client")
    contact = fields.reference("Contact")
    lead = fields.reference("Lead")
    owner_ref = fields.text()
    owner_name = fields.text()
    custom_fields = fields.document()

    tracked = ("status", "stage_name", "stage_ref")
    derived = {"closed_at": RunStart("status", frozenset({"won", "lost"}))}


class Invoice(Record):
    number = fields.text()
    client = fields.reference("Client")
    client_name = fields.text()
    contact = fields.reference("Contact")
    status = fields.word()
    vendor_status = fields.text()
    total = fields.amount()
    amount_paid = fields.amount()
    currency = fields.currency()
    due_date = fields.date()
    paid_at = fields.moment()
    salesperson_ref = fields.text()

    tracked = ("status",)
    derived = {"paid_at": RunStart("status", frozenset({"paid"}), own_first=True)}


class Quotation(Record):
    number = fields.text()
    client = fields.reference("Client")
    client_name = fields.text()
    deal = fields.reference("Deal")
    status = fields.word()
    vendor_status = fields.text()
    total = fields.amount()

    tracked = ("status",)


class Payment(Record):
    client = fields.reference("Client")
    invoice = fields.reference("Invoice")
    amount = fields.amount()
    currency = fields.currency()
    method = fields.text()
    reference = fields.text()
    paid_at = fields.moment()
    notes = fields.text()

    known_by = ("reference",)


class Appointment(Record):
    title = fields.text()
    contact = fields.reference("Contact")
    calendar_ref = fields.text()
    type_ref = fields.text()
    starts_at = fields.moment()
    ends_at = fields.moment()
    status = fields.word()

    tracked = ("status",)


class Task(Record):
    title = fields.text()
    contact = fields.reference("Contact")
    status = fields.word()
    priority = fields.text()
    due_at = fields.moment()
    completed_at = fields.moment()
    assignee_ref = fields.text()

    tracked = ("status",)


class Message(Record):
    contact = fields.reference("Contact")
    conversation_ref = fields.text()
    channel = fields.text()
    direction = fields.text()
    body = fields.text()
    from_address = fields.text()
    status = fields.word()
    provider_ref = fields.text()
    occurred_at = fields.moment()

    tracked = ("status",)


class FormSubmission(Record):
    form_ref = fields.text()
    form_name = fields.text()
    contact = fields.reference("Contact")
    answers = fields.document()
    submitted_at = fields.moment()

    known_by = ("form_name",)
