"""The tables: sources and their secrets, the log, refusals, token buckets, loads and reconciliations."""

from events.models.load_models import (
    ApiAccess,
    ListedRecord,
    Load,
    LoadedEvent,
    RequestBudget,
    ResourceProgress,
    VendorSubscription,
)
from events.models.log_models import Event
from events.models.reconciliation_models import Finding, Reconciliation
from events.models.refusal_models import Refusal, RefusalCount
from events.models.source_models import (
    MAX_KEEP_DAYS,
    MAX_RECONCILE_DAYS,
    MIB,
    Encoding,
    Period,
    Scheme,
    Source,
    SourceSecret,
)
from events.models.token_bucket_model import TokenBucket

__all__ = [
    "MAX_KEEP_DAYS",
    "MAX_RECONCILE_DAYS",
    "MIB",
    "ApiAccess",
    "Encoding",
    "Event",
    "Finding",
    "ListedRecord",
    "Load",
    "LoadedEvent",
    "Period",
    "Reconciliation",
    "Refusal",
    "RefusalCount",
    "RequestBudget",
    "ResourceProgress",
    "Scheme",
    "Source",
    "SourceSecret",
    "TokenBucket",
    "VendorSubscription",
]
