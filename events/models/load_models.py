"""The tables of loads from vendors' APIs: keys and their budgets, loads, and what each list gave so far."""

from django.db import models
from django.db.models.functions import Now


class ApiAccess(models.Model):
    """The key with which a source's account is read in its vendor's API, encrypted at rest.

    digest: SHA-256 of the key, in hex: sources with one key share one budget.
    proven_ids: names of models whose ids were found to be those of webhooks, as the vendor's module says.
    """

    source = models.OneToOneField("events.Source", models.CASCADE, related_name="api_access")
    ciphertext = models.BinaryField()
    digest = models.TextField()
    proven_ids = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["source_id"]

    def __str__(self) -> str:
        return f"API key of source {self.source_id}"


class RequestBudget(models.Model):
    """The requests that were made with one key, for all processes: the row's lock makes the count exact.

    key_digest: as in ApiAccess. spent: a name of each request that counts still -> the second of the epoch
    from which it counts no longer. blocked_until: set when the vendor has asked to wait.
    refused_in_row: how often it has done so without an answer in between.
    """

    key_digest = models.TextField(primary_key=True)
    spent = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    blocked_until = models.DateTimeField(null=True)
    refused_in_row = models.PositiveIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"budget of key {self.key_digest[:8]}"


class Load(models.Model):
    """One reading of a vendor's lists into the log, from the first page of the first list to the last page.

    purpose: whether all rows are stored, or those of which the mirror says otherwise.
    key_digest: as in ApiAccess, of the key at its start: another key may have other rights.
    resume_at: when a paused load goes on by itself; empty if somebody has to resume it.
    trusts_ids: whether the ids of the API are taken to be those of webhooks untried.
    """

    class State(models.TextChoices):
        """The states of a load. `done` means that the last page of each list was seen."""

        RUNNING = "running"
        PAUSED = "paused"
        STOPPED = "stopped"
        DONE = "done"

    class Purpose(models.TextChoices):
        """The purposes of a load: to take in what the lists have, or to compare it with the mirror."""

        LOAD = "load"
        RECONCILE = "reconcile"

    source = models.ForeignKey("events.Source", models.CASCADE, related_name="loads", db_index=False)
    purpose = models.TextField(choices=Purpose, default=Purpose.LOAD, db_default=Purpose.LOAD)
    key_digest = models.TextField(default="", db_default="")
    resources = models.JSONField(help_text="The names of the lists, in the order in which they are read.")
    since = models.DateTimeField(null=True, help_text="Rows that have not changed since then are left out.")
    trusts_ids = models.BooleanField(default=False, db_default=False)
    state = models.TextField(choices=State, default=State.RUNNING, db_default=State.RUNNING)
    reason = models.TextField(
        default="", db_default="", help_text="Why it is paused or stopped, in one line; else empty."
    )
    resume_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Requests that failed since the last page."
    )
    started_by = models.TextField(help_text="The user's name, or the command.")
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=models.Q(state__in=("running", "paused")),
                name="load_open_once",
                violation_error_message="The source is being loaded already.",
            )
        ]
        indexes = [models.Index(fields=["source", "-id"], name="load_by_source")]

    def __str__(self) -> str:
        return f"load {self.pk}"


class ResourceProgress(models.Model):
    """The progress of a load in one list.

    cursor: of the next page, or its number; empty for the first page. page: how many pages were stored.
    listing: how often the list was begun again. began_at: when the listing began, by the vendor's clock, less
    a margin: what it lacks was gone by then. expected: the rows that the vendor says there are.
    """

    class State(models.TextChoices):
        """The states of one list of a load."""

        WAITING = "waiting"
        RUNNING = "running"
        STOPPED = "stopped"
        DONE = "done"

    load = models.ForeignKey(Load, models.CASCADE, related_name="progress", db_index=False)
    resource = models.TextField()
    position = models.PositiveIntegerField()
    state = models.TextField(choices=State, default=State.WAITING, db_default=State.WAITING)
    reason = models.TextField(default="", db_default="", help_text="Why it has stopped; else empty.")
    cursor = models.TextField(default="", db_default="")
    page = models.PositiveIntegerField(default=0, db_default=0)
    listing = models.PositiveIntegerField(default=0, db_default=0)
    began_at = models.DateTimeField(null=True)
    expected = models.BigIntegerField(null=True)
    new = models.BigIntegerField(default=0, db_default=0, help_text="Records that the mirror did not have.")
    changed = models.BigIntegerField(default=0, db_default=0, help_text="Others that gave an event.")
    unchanged = models.BigIntegerField(default=0, db_default=0, help_text="Rows that were stored before.")
    failed = models.BigIntegerField(default=0, db_default=0, help_text="Rows that are no records.")
    skipped = models.BigIntegerField(default=0, db_default=0, help_text="Rows that were not asked for.")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["load", "resource"], name="load_has_resource_once")]

    def __str__(self) -> str:
        return f"{self.resource} of load {self.load_id}"


class ListedRecord(models.Model):
    """A record that a list of a load has shown: what a complete listing lacks is gone at the vendor.

    external_id: as webhooks write it. listing: the last one of the progress that has shown it.
    """

    progress = models.ForeignKey(
        ResourceProgress, models.CASCADE, related_name="listed_records", db_index=False
    )
    external_id = models.TextField()
    listing = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["progress", "external_id"], name="listed_record_once")]

    def __str__(self) -> str:
        return self.external_id


class LoadedEvent(models.Model):
    """An event behind a count of a list. kind: what its row was to the mirror when the load read it.

    An event has a row of each kind that it was: new at first, unchanged once the list was begun again.
    """

    class Kind(models.TextChoices):
        """The kinds of rows, named like the counts of ResourceProgress."""

        NEW = "new"
        CHANGED = "changed"
        UNCHANGED = "unchanged"
        FAILED = "failed"

    progress = models.ForeignKey(
        ResourceProgress, models.CASCADE, related_name="loaded_events", db_index=False
    )
    kind = models.TextField(choices=Kind)
    # No constraint in the database: its check would wait for the worker that applies the event.
    event = models.ForeignKey(
        "events.Event", models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["progress", "kind", "event"], name="loaded_event_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} event {self.event_id}"


class VendorSubscription(models.Model):
    """Webhooks that the mirror itself has ordered at a vendor; their secret is one of the source's."""

    source = models.ForeignKey("events.Source", models.CASCADE, related_name="subscriptions", db_index=False)
    vendor_id = models.TextField(help_text="The vendor's id of the subscription.")
    url = models.TextField(help_text="The address to which the vendor delivers.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["source", "vendor_id"], name="subscription_once")]

    def __str__(self) -> str:
        return f"subscription {self.vendor_id}"
