"""The log of events."""

from django.db import models

from entities.stored_events import Origin
from events.models.source_models import Source


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
