from entities.models.record import Record
from entities.models.records import (
    Appointment,
    Client,
    Contact,
    Deal,
    FormSubmission,
    Invoice,
    Lead,
    Message,
    Payment,
    Quotation,
    SubAccount,
    Task,
)
from entities.models.timeline import TimelineEntry
from entities.models.token import ApiToken

__all__ = [
    "ApiToken",
    "Appointment",
    "Client",
    "Contact",
    "Deal",
    "FormSubmission",
    "Invoice",
    "Lead",
    "Message",
    "Payment",
    "Quotation",
    "Record",
    "SubAccount",
    "Task",
    "TimelineEntry",
]
