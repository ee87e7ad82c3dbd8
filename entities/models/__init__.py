"""The tables: records, timeline, baseline, search documents, change feed, names, audit log, erasures, users'.

What the models say about themselves stands here too, such as the lists of models and columns. No query
that changes a record belongs here. Imports merge and `crmmirror.lib` only.
"""

from entities.models.audit.audit_entry import AuditAction, AuditEntry
from entities.models.baseline.baseline_entry import BaselineEntry
from entities.models.conversation import Conversation
from entities.models.erasure.erasure import Erasure, ErasureKey, ErasureMark
from entities.models.feed.change_feed import Change, ChangeNote, FeedLife
from entities.models.naming.name import Name, NameKind
from entities.models.people.access_limit import AccessLimit
from entities.models.people.api_token import ApiToken
from entities.models.people.external_identity import ExternalIdentity
from entities.models.people.saved_view import SavedView
from entities.models.people.second_factor import SecondFactor, find_second_factor
from entities.models.people.sql_reader import SqlReader
from entities.models.people.user_profile import UserProfile, find_profile
from entities.models.people.viewed_record import ViewedRecord
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
from entities.models.search_document import SearchDocument
from entities.models.timeline_entry import TimelineEntry
from entities.models.word import Word

__all__ = [
    "AccessLimit",
    "ApiToken",
    "Appointment",
    "AuditAction",
    "AuditEntry",
    "BaselineEntry",
    "Change",
    "ChangeNote",
    "Client",
    "Contact",
    "Conversation",
    "Deal",
    "Erasure",
    "ErasureKey",
    "ErasureMark",
    "ExternalIdentity",
    "FeedLife",
    "FormSubmission",
    "Invoice",
    "Lead",
    "Message",
    "Name",
    "NameKind",
    "Payment",
    "Quotation",
    "Record",
    "SavedView",
    "SearchDocument",
    "SecondFactor",
    "SqlReader",
    "SubAccount",
    "Task",
    "TimelineEntry",
    "UserProfile",
    "ViewedRecord",
    "Word",
    "find_profile",
    "find_second_factor",
]
