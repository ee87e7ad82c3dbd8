"""The mirrored records, one line per column. Admin, API and filters are derived from these classes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Coalesce, Collate, Left

from entities.merge.balance_rule import Balance
from entities.merge.derived_columns import RunStart
from entities.merge.stage_rule import StageRule
from entities.models.conversation import ConversationRule
from entities.models.fields import (
    amount_field,
    currency_field,
    date_field,
    document_field,
    flag_field,
    reference_field,
    text_field,
    time_field,
    word_field,
)
from entities.models.key_kinds import KeyKind
from entities.models.naming.name import NameKind
from entities.models.overdue import OverdueRule
from entities.models.record import Record

# A stage is named by its id, and where the vendor sends none by its name.
STAGE = ("stage_ref", "stage_name")
# By it deals are grouped. An index cannot hold a text without a bound, so it is cut as a name's id is.
STAGE_KEY = Left(Coalesce(*STAGE), 255)
# The records that pages show unless they are asked for others.
IS_LIVE = models.Q(is_deleted=False, is_placeholder=False)


class SubAccount(Record):
    location_id = text_field()

    # It stands outside every scope, and belongs to the one that it names.
    scope_column = "external_id"
    name_kind = NameKind.SUB_ACCOUNT
    searched_columns = {"location_id": KeyKind.WORDS}
    about_itself = ("location_id",)


class Lead(Record):
    name = text_field()
    title = text_field()
    email = text_field()
    mobile = text_field()
    secondary_mobile = text_field()
    website = text_field()
    value = amount_field()
    origin = text_field()
    stage_name = text_field()
    stage_ref = text_field()
    owner_ref = text_field()
    owner_name = text_field()
    stage_since = time_field()
    archived = flag_field()
    custom_fields = document_field()

    object_columns = ("custom_fields",)
    tracked_columns = ("stage_name", "stage_ref")
    stages = StageRule("stage")
    derived_columns = {"stage_since": RunStart(STAGE)}
    word_columns = ("origin",)
    searched_columns = {
        "name": KeyKind.WORDS,
        "title": KeyKind.WORDS,
        "email": KeyKind.EMAIL,
        "mobile": KeyKind.PHONE,
        "secondary_mobile": KeyKind.PHONE,
        "website": KeyKind.WORDS,
    }
    person_columns = ("name",)
    about_itself = (
        "name",
        "title",
        "email",
        "mobile",
        "secondary_mobile",
        "website",
        "value",
        "origin",
        "stage_name",
        "stage_ref",
        "owner_ref",
        "owner_name",
        "archived",
        "custom_fields",
    )

    class Meta(Record.Meta):
        indexes = [*Record.Meta.indexes, models.Index("stage_since", "id", name="lead_by_stage_since")]


class Client(Record):
    name = text_field()
    number = text_field()
    type = text_field()
    first_name = text_field()
    last_name = text_field()
    email = text_field()
    phone = text_field()
    tax_number = text_field()
    website = text_field()
    custom_fields = document_field()

    object_columns = ("custom_fields",)
    word_columns = ("type",)
    searched_columns = {
        "name": KeyKind.WORDS,
        "first_name": KeyKind.WORDS,
        "last_name": KeyKind.WORDS,
        "number": KeyKind.NUMBER,
        "email": KeyKind.EMAIL,
        "phone": KeyKind.PHONE,
        "tax_number": KeyKind.NUMBER,
        "website": KeyKind.WORDS,
    }
    person_columns = ("name", "first_name", "last_name")
    about_itself = (
        "name",
        "number",
        "type",
        "first_name",
        "last_name",
        "email",
        "phone",
        "tax_number",
        "website",
        "custom_fields",
    )


class Contact(Record):
    name = text_field()
    first_name = text_field()
    last_name = text_field()
    email = text_field()
    phone = text_field()
    company_name = text_field()
    job_title = text_field()
    origin = text_field()
    lifecycle_stage = text_field()
    tags = ArrayField(models.TextField(), null=True, blank=True)
    client = reference_field("Client")
    owner_ref = text_field()
    owner_name = text_field()

    tracked_columns = ("lifecycle_stage",)
    stages = StageRule("lifecycle_stage")
    word_columns = ("lifecycle_stage", "origin")
    searched_columns = {
        "name": KeyKind.WORDS,
        "first_name": KeyKind.WORDS,
        "last_name": KeyKind.WORDS,
        "company_name": KeyKind.WORDS,
        "email": KeyKind.EMAIL,
        "phone": KeyKind.PHONE,
    }
    person_columns = ("name", "first_name", "last_name")
    about_referred = ("company_name",)
    about_itself = (
        "name",
        "first_name",
        "last_name",
        "email",
        "phone",
        "job_title",
        "origin",
        "lifecycle_stage",
        "tags",
        "owner_ref",
        "owner_name",
    )

    def __str__(self) -> str:
        # A vendor that sends both writes the name of what it shows, which may be an email or a company.
        names = (self.first_name, self.last_name)
        return " ".join(filter(None, names)) or self.name or self.email or self.external_id


class Deal(Record):
    title = text_field()
    number = text_field()
    value = amount_field()
    currency = currency_field()
    status = word_field()
    vendor_status = text_field()
    priority = text_field()
    expected_close_date = date_field()
    closed_at = time_field()
    won_at = time_field()
    lost_at = time_field()
    status_since = time_field()
    stage_since = time_field()
    lost_reason = text_field()
    stage_name = text_field()
    stage_ref = text_field()
    pipeline_ref = text_field()
    origin = text_field()
    client = reference_field("Client")
    contact = reference_field("Contact")
    lead = reference_field("Lead")
    owner_ref = text_field()
    owner_name = text_field()
    custom_fields = document_field()

    object_columns = ("custom_fields",)
    tracked_columns = ("status", "stage_name", "stage_ref")
    stages = StageRule("stage", groups=("pipeline_ref",))
    derived_columns = {
        "closed_at": RunStart(("status",), frozenset({"won", "lost"})),
        "won_at": RunStart(("status",), frozenset({"won"})),
        "lost_at": RunStart(("status",), frozenset({"lost"})),
        "status_since": RunStart(("status",)),
        "stage_since": RunStart(STAGE),
    }
    word_columns = ("status", "priority", "origin", "currency")
    searched_columns = {"title": KeyKind.WORDS, "number": KeyKind.NUMBER}
    about_referred = ("title", "lost_reason", "custom_fields")
    about_itself = (
        "number",
        "value",
        "currency",
        "status",
        "vendor_status",
        "priority",
        "expected_close_date",
        "stage_name",
        "stage_ref",
        "pipeline_ref",
        "origin",
        "owner_ref",
        "owner_name",
    )

    class Meta(Record.Meta):
        indexes = [
            *Record.Meta.indexes,
            # The largest deals of a stage, for the board.
            models.Index(
                "status",
                "source",
                STAGE_KEY,
                models.F("value").desc(nulls_last=True),
                "id",
                name="deal_board",
                condition=IS_LIVE,
            ),
            # What was won and lost since some day, and the API's order.
            models.Index("closed_at", "id", name="deal_by_closed_at"),
        ]


class Invoice(Record):
    number = text_field()
    client = reference_field("Client")
    client_name = text_field()
    contact = reference_field("Contact")
    status = word_field()
    vendor_status = text_field()
    total = amount_field()
    amount_paid = amount_field()
    amount_open = amount_field()
    currency = currency_field()
    due_date = date_field()
    paid_at = time_field()
    salesperson_ref = text_field()

    tracked_columns = ("status",)
    derived_columns = {"paid_at": RunStart(("status",), frozenset({"paid"}), prefers_own_value=True)}
    word_columns = ("status", "currency")
    searched_columns = {"number": KeyKind.NUMBER, "client_name": KeyKind.WORDS}
    balances = {
        "amount_open": Balance(
            total="total",
            paid="amount_paid",
            currency="currency",
            status="status",
            settled_statuses=frozenset({"paid"}),
            part_model="payment",
            part_whole="invoice",
            part_amount="amount",
            part_currency="currency",
        )
    }
    overdue = OverdueRule(
        due="due_date",
        open="amount_open",
        status="status",
        exempt_statuses=frozenset({"draft", "void", "voided", "cancelled", "canceled"}),
    )
    about_referred = ("client_name",)
    about_itself = (
        "number",
        "status",
        "vendor_status",
        "total",
        "amount_paid",
        "currency",
        "due_date",
        "paid_at",
        "salesperson_ref",
    )

    class Meta(Record.Meta):
        indexes = [
            *Record.Meta.indexes,
            # The overdue ones are few, and asked for by day.
            models.Index(
                "due_date",
                "id",
                name="invoice_overdue",
                condition=models.Q(amount_open__gt=0, is_deleted=False),
            ),
            # The order of the admin's list, and of the API.
            models.Index("due_date", "id", name="invoice_by_due_date"),
        ]


class Quotation(Record):
    number = text_field()
    client = reference_field("Client")
    client_name = text_field()
    deal = reference_field("Deal")
    status = word_field()
    vendor_status = text_field()
    total = amount_field()

    tracked_columns = ("status",)
    word_columns = ("status",)
    searched_columns = {"number": KeyKind.NUMBER, "client_name": KeyKind.WORDS}
    about_referred = ("client_name",)
    about_itself = ("number", "status", "vendor_status", "total")


class Payment(Record):
    client = reference_field("Client")
    invoice = reference_field("Invoice")
    amount = amount_field()
    currency = currency_field()
    method = text_field()
    reference = text_field()
    paid_at = time_field()
    notes = text_field()

    name_columns = ("reference",)
    word_columns = ("method", "currency")
    searched_columns = {"reference": KeyKind.NUMBER}
    about_referred = ("reference", "notes")
    about_itself = ("amount", "currency", "method", "paid_at")

    class Meta(Record.Meta):
        indexes = [*Record.Meta.indexes, models.Index("paid_at", "id", name="payment_by_paid_at")]


class Appointment(Record):
    title = text_field()
    contact = reference_field("Contact")
    calendar_ref = text_field()
    type_ref = text_field()
    starts_at = time_field()
    ends_at = time_field()
    status = word_field()

    tracked_columns = ("status",)
    word_columns = ("status",)
    searched_columns = {"title": KeyKind.WORDS}
    about_referred = ("title",)
    about_itself = ("calendar_ref", "type_ref", "starts_at", "ends_at", "status")

    class Meta(Record.Meta):
        indexes = [
            *Record.Meta.indexes,
            # The order of the admin's list, and of the API.
            models.Index("starts_at", "id", name="appointment_by_starts_at"),
        ]


class Task(Record):
    title = text_field()
    contact = reference_field("Contact")
    status = word_field()
    priority = text_field()
    due_at = time_field()
    completed_at = time_field()
    assignee_ref = text_field()

    tracked_columns = ("status",)
    word_columns = ("status", "priority")
    searched_columns = {"title": KeyKind.WORDS}
    about_referred = ("title",)
    about_itself = ("status", "priority", "due_at", "completed_at", "assignee_ref")

    class Meta(Record.Meta):
        indexes = [
            *Record.Meta.indexes,
            # The order of the admin's list, and of the API.
            models.Index("due_at", "id", name="task_by_due_at"),
            # What is overdue. Most tasks are done, and are left out.
            models.Index(
                "due_at", name="task_to_do", condition=IS_LIVE & models.Q(completed_at__isnull=True)
            ),
        ]


class Message(Record):
    contact = reference_field("Contact")
    conversation_ref = text_field()
    channel = text_field()
    direction = text_field()
    body = text_field()
    from_address = text_field()
    status = word_field()
    provider_ref = text_field()
    occurred_at = time_field()

    tracked_columns = ("status",)
    conversation_rule = ConversationRule(
        ref="conversation_ref",
        party="contact",
        direction="direction",
        time="occurred_at",
        text="body",
        channel="channel",
        status="status",
    )
    word_columns = ("status", "direction", "channel")
    searched_columns = {"from_address": KeyKind.ADDRESS}
    about_referred = ("conversation_ref", "body", "from_address", "provider_ref")
    about_itself = ("channel", "direction", "status", "occurred_at")

    class Meta(Record.Meta):
        indexes = [
            *Record.Meta.indexes,
            # Reads a conversation in its order. The API also filters by `conversation_ref` alone.
            models.Index(
                "conversation_ref",
                "scope",
                "source",
                Coalesce("occurred_at", "first_event_at"),
                Collate("external_id", "C"),
                name="message_conversation",
                condition=models.Q(conversation_ref__isnull=False),
            ),
            # The order of the admin's list, and of the API.
            models.Index("occurred_at", "id", name="message_by_occurred_at"),
        ]


class FormSubmission(Record):
    form_ref = text_field()
    form_name = text_field()
    contact = reference_field("Contact")
    answers = document_field()
    submitted_at = time_field()

    name_columns = ("form_name",)
    searched_columns = {"form_name": KeyKind.WORDS}
    about_referred = ("answers",)
    about_itself = ("form_ref", "form_name", "submitted_at")

    class Meta(Record.Meta):
        indexes = [
            *Record.Meta.indexes,
            models.Index("submitted_at", "id", name="form_submission_by_time"),
        ]
