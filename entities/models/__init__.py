"""The tables: the mirrored records, their timeline, the API's tokens, and the lists of models and columns.

No query that changes a record belongs here. Imports merge and `crmmirror.lib` only.
"""

from entities.models.api_token import ApiToken
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
from entities.models.timeline_entry import TimelineEntry

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
