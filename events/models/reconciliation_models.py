"""The tables of reconciliations: loads that compare a vendor's complete lists with the mirror."""

from django.db import models

from events.models.load_models import Load, ResourceProgress


class Reconciliation(models.Model):
    """The comparison of a load's lists with the mirror.

    retry_hours: a change that is younger than that is not counted: the vendor may still deliver its webhook.
    compared_at: when all lists were complete, and the records that they lack were looked for.
    question: why the deletion of the missing records waits for somebody's answer; else empty.
    """

    load = models.OneToOneField(Load, models.CASCADE, primary_key=True, related_name="reconciliation")
    is_dry_run = models.BooleanField(default=False, db_default=False, help_text="Nothing is mended.")
    retry_hours = models.PositiveIntegerField()
    compared_at = models.DateTimeField(null=True)
    question = models.TextField(default="", db_default="")

    def __str__(self) -> str:
        return f"reconciliation {self.pk}"


class Finding(models.Model):
    """A record of which the vendor says otherwise than the mirror.

    day: of the vendor's change in UTC; of the listing, where the vendor does not say when. columns: those
    that differed, of a record that was behind. event: the one that mends it. No constraint: adding it would
    lock the log.
    """

    class Kind(models.TextChoices):
        """The kinds: the mirror had an older state, nothing, or a record that the vendor has no more."""

        BEHIND = "behind"
        UNKNOWN = "unknown"
        GONE = "gone"

    class State(models.TextChoices):
        """The states of a finding.

        found: nothing, in a dry run. mended: its event is in the log. Of a record that the lists lack:
        suspected: the vendor will be asked for it alone. asked: somebody has to allow that first. present:
        the vendor still has it.
        """

        FOUND = "found"
        MENDED = "mended"
        SUSPECTED = "suspected"
        ASKED = "asked"
        PRESENT = "present"

    progress = models.ForeignKey(ResourceProgress, models.CASCADE, related_name="findings", db_index=False)
    external_id = models.TextField()
    kind = models.TextField(choices=Kind)
    state = models.TextField(choices=State)
    day = models.DateField()
    columns = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    event = models.ForeignKey(
        "events.Event", models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["progress", "external_id"], name="finding_once")]

    def __str__(self) -> str:
        return f"{self.external_id} is {self.kind}"
