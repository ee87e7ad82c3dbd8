"""The tables of events: sources and their secrets, the log of events, refusals, and token buckets."""

import uuid

from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Coalesce, Now

from crmmirror.lib.currency_codes import validate_currency
from crmmirror.lib.time_zones import validate_time_zone
from crmmirror.lib.web.allowed_networks import validate_networks
from entities.stored_events import Origin
from events.load_models import (
    ApiAccess,
    ListedRecord,
    Load,
    LoadedEvent,
    RequestBudget,
    ResourceProgress,
    VendorSubscription,
)
from events.reconciliation_models import Finding, Reconciliation

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

MIB = 1024 * 1024
# A hundred years: PostgreSQL cannot count back much further from today than to the year 4713 BC.
MAX_KEEP_DAYS = 36_500
MAX_RECONCILE_DAYS = 366


class Scheme(models.TextChoices):
    """The signature schemes by which a source's deliveries prove where they come from.

    All but the last name one signature in `entities.signature_language.SCHEMES`, for any vendor.
    """

    STANDARD_WEBHOOKS = "standard-webhooks", "Standard Webhooks"
    HMAC_SHA256 = "hmac-sha256", "HMAC-SHA256 of the body"
    HMAC_SHA256_TIMESTAMPED = "hmac-sha256-timestamped", "HMAC-SHA256 with a signed timestamp"
    TOKEN = "token", "Static token in a header"
    BASIC = "basic", "HTTP basic authentication"
    NONE = "none", "Secret address only"
    VENDOR = "vendor", "As the vendor's module says"


class Encoding(models.TextChoices):
    """The encodings of a signature's bytes in a header."""

    HEX = "hex", "hexadecimal"
    BASE64 = "base64", "base64"


class Period(models.TextChoices):
    """The periods of a rate limit."""

    SECOND = "second", "a second"
    MINUTE = "minute", "a minute"


class Source(models.Model):
    """One account at one vendor, with the address to which the vendor delivers its events."""

    slug = models.SlugField(unique=True, max_length=100)
    label = models.TextField(
        blank=True,
        default="",
        db_default="",
        validators=[MaxLengthValidator(100)],
        help_text="The name that the admin shows in place of the slug.",
    )
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    vendor = models.TextField(help_text="The name of a module in entities/vendors.")
    scheme = models.TextField(choices=Scheme)
    header = models.TextField(blank=True, help_text="The header that carries the signature or token.")
    prefix = models.TextField(blank=True, help_text="The text before the signature, such as sha256=")
    encoding = models.TextField(choices=Encoding, default=Encoding.HEX)
    max_body_bytes = models.PositiveIntegerField(default=MIB, validators=[MinValueValidator(1)])
    rate_limit = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    rate_period = models.TextField(choices=Period, default=Period.SECOND, db_default=Period.SECOND)
    allowed_networks = models.TextField(
        blank=True,
        default="",
        db_default="",
        validators=[validate_networks],
        help_text="One network per line. Leave it empty to allow all.",
    )
    time_zone = models.TextField(
        blank=True,
        default="",
        db_default="",
        validators=[validate_time_zone],
        help_text="The time zone in which a date that is written in UTC is a day; UTC if empty.",
    )
    default_region = models.TextField(
        blank=True,
        default="",
        db_default="",
        validators=[
            RegexValidator(
                r"^[A-Z]{2}\Z", "write the two capital letters by which ISO 3166 has a country, such as AE"
            )
        ],
        help_text="The country of phone numbers without a country code.",
    )
    assumed_currency = models.TextField(
        blank=True,
        default="",
        db_default="",
        validators=[validate_currency],
        help_text="The currency of amounts for which the vendor states none.",
    )
    record_addresses = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="The addresses of records in the CRM, one kind of record a line.",
    )
    keep_days = models.IntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_KEEP_DAYS)],
        help_text="The days after which the bodies of applied and ignored events are removed for good."
        " Leave it empty to keep them for ever.",
    )
    reconcile_days = models.IntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_RECONCILE_DAYS)],
        help_text="The days after which the vendor's lists are compared with the mirror again. Leave it empty"
        " to compare only on demand.",
    )
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.label or self.slug


class SourceSecret(models.Model):
    """A secret of a source, encrypted at rest; several may be active at once."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="secrets")
    ciphertext = models.BinaryField()
    is_trial = models.BooleanField(
        default=False,
        db_default=False,
        help_text="A private key with which the mirror signs what the vendor would sign with its own.",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"secret {self.pk} of {self.source_id}"


class Event(models.Model):
    """One event of the log: the exact bytes that a vendor sent, and the state of its processing.

    Events are equal if their source and the SHA-256 of their body are: a redelivery is the same event.
    A pruned event has an empty body and no headers; all else stays (see `events.pruning`).
    """

    class Status(models.TextChoices):
        """The states of an event's processing; only `pending` ones are work for the workers."""

        PENDING = "pending"
        APPLIED = "applied"
        IGNORED = "ignored"
        FAILED = "failed"
        MALFORMED = "malformed"

    source = models.ForeignKey(Source, models.PROTECT, related_name="events", db_index=False)
    origin = models.TextField(
        choices=[(origin.value, origin.value) for origin in Origin],
        default=Origin.WEBHOOK.value,
        db_default=Origin.WEBHOOK.value,
        help_text="How the event came: by a webhook, from the vendor's API, from a file of the vendor's, or"
        " because a complete listing lacked the record.",
    )
    digest = models.BinaryField(max_length=32, help_text="SHA-256 of the body.")
    body = models.BinaryField()
    headers = models.JSONField(default=dict)
    event_type = models.TextField(db_default="", default="")
    occurred_at = models.DateTimeField(
        help_text="The time in the envelope, or the time of receipt if it has none."
    )
    received_at = models.DateTimeField()
    scope = models.TextField(
        null=True,
        help_text="The id of the sub-account that the event is of; empty if it is of none or several.",
    )
    status = models.TextField(choices=Status, default=Status.PENDING, db_default=Status.PENDING)
    attempts = models.PositiveIntegerField(default=0, db_default=0)
    next_attempt_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True, help_text="When the event reached its present status.")
    reapplied_at = models.DateTimeField(
        null=True,
        help_text="When staff last had the event applied again; the same for all events of one act.",
    )
    pruned_at = models.DateTimeField(
        null=True, help_text="When the body and the headers were removed; empty while the event has them."
    )
    warnings = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    error = models.TextField(default="", db_default="")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["source", "digest"], name="event_identity")]
        # Every delivery writes to each index that has its row, so the indexes for few rows are partial ones.
        indexes = [
            models.Index("id", name="event_pending", condition=models.Q(status="pending")),
            models.Index(
                "next_attempt_at",
                name="event_retry",
                condition=models.Q(status="failed", next_attempt_at__isnull=False),
            ),
            models.Index(
                fields=["status", "-id"],
                name="event_unapplied",
                condition=models.Q(status__in=("ignored", "failed", "malformed")),
            ),
            models.Index(fields=["source", "-id"], name="event_by_source"),
            models.Index("received_at", name="event_received"),
            models.Index("settled_at", name="event_settled", condition=models.Q(settled_at__isnull=False)),
            models.Index(
                "reapplied_at", name="event_reapplied", condition=models.Q(reapplied_at__isnull=False)
            ),
            # A delivery has no scope yet, so that the INSERT does not write to it. The scope stands first,
            # because lists are also filtered by it alone.
            models.Index(
                fields=["scope", "source", "-id"],
                name="event_by_scope",
                condition=models.Q(scope__isnull=False),
            ),
            models.Index(
                fields=["origin", "source", "-id"],
                name="event_fetched",
                condition=~models.Q(origin="webhook"),
            ),
            # A delivery is not in it: the worker's UPDATE enters it.
            models.Index(
                fields=["source", "received_at", "id"],
                name="event_prunable",
                condition=models.Q(status__in=("applied", "ignored"), pruned_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"event {self.pk}"


class RefusalCount(models.Model):
    """The number of a source's deliveries that were refused for one reason within one hour."""

    source = models.ForeignKey(
        Source, models.CASCADE, null=True, help_text="Empty if the source is not known."
    )
    reason = models.TextField()
    hour = models.DateTimeField(help_text="The start of the hour.")
    count = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(Coalesce("source", 0), "reason", "hour", name="refusals_of_an_hour")
        ]
        indexes = [models.Index("hour", name="refusals_hour")]

    def __str__(self) -> str:
        return f"{self.count} refused: {self.reason}"


class Refusal(models.Model):
    """A sample of the refused deliveries. Never contains the body, the headers or the path."""

    source = models.ForeignKey(
        Source, models.CASCADE, null=True, help_text="Empty if the source is not known."
    )
    reason = models.TextField()
    detail = models.TextField(help_text="The detail in the answer to the sender.")
    refused_at = models.DateTimeField()
    remote_address = models.GenericIPAddressField(null=True)
    size = models.BigIntegerField(
        null=True, help_text="The announced size of the body in bytes; empty if it was chunked."
    )

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "refused deliveries"
        indexes = [
            models.Index(Coalesce("source", 0), "reason", models.F("id").desc(), name="refusal_sample")
        ]

    def __str__(self) -> str:
        return f"refusal {self.pk}"


class TokenBucket(models.Model):
    """A token bucket of a rate limit; see crmmirror/lib/token_bucket.py.

    The table is unlogged (no write-ahead log), because its rows are worth nothing after a crash. A row whose
    time is past means the same as no row: the bucket is full.
    """

    key = models.TextField(primary_key=True)
    full_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
