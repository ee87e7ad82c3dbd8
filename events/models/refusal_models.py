"""The tables of refused deliveries: their number, and samples."""

from django.db import models
from django.db.models.functions import Coalesce

from events.models.source_models import Source


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
