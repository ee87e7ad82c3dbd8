"""The timeline: which event touched which record, and what it wrote."""

from django.db import models

from entities.merge.clock import clock_time


class TimelineEntry(models.Model):
    """The writes of one event to one record.

    `wrote` maps register names to the JSON values that the event wrote, whether or not they are the newest
    writes; it is empty if the event only refers to the record. A record's timeline, the history of its
    tracked columns and its derived columns are computed from these rows in the order of `clock`.
    """

    record_type = models.TextField(help_text="The record's model name, such as deal.")
    record_id = models.BigIntegerField()
    event = models.ForeignKey("events.Event", models.CASCADE, related_name="timeline")
    clock = models.TextField(db_collation="C")
    wrote = models.JSONField()

    class Meta:
        ordering = ["-clock"]
        verbose_name_plural = "timeline entries"
        constraints = [
            models.UniqueConstraint(fields=["record_type", "record_id", "clock"], name="timeline_entry_key"),
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.record_id} at {clock_time(self.clock)}"
