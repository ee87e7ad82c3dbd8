"""The baseline: what is kept of pruned events, so that the mirror can be rebuilt without their bodies."""

from typing import ClassVar

from django.db import models

from entities.merge.clock import clock_time


class BaselineEntry(models.Model):
    """The writes of one pruned event to one record that `entities.merge.pruning_rule` keeps.

    Together with the events that have their bodies these rows are all that a rebuild reads. Only
    `entities.baseline` writes them. The record is named by its key, so that they need no row of it.

    clock: of the writes, with the event's id instead of its digest, which the event's row has: the digests
        took half of the space, as they stood in the row and in the index.
    writes: register -> JSON value. unreadable: register -> the vendor's key and the raw value that its column
    cannot hold. Both are empty if the event only refers to the record.
    """

    source = models.ForeignKey(
        "events.Source", models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    record_type = models.TextField(help_text="The record's model name, such as deal.")
    scope = models.TextField()
    external_id = models.TextField()
    clock = models.TextField(db_collation="C")
    event = models.ForeignKey("events.Event", models.PROTECT, db_index=False, related_name="+")
    writes = models.JSONField()
    unreadable = models.JSONField()

    # The columns by which a record is known here.
    key: ClassVar[tuple[str, ...]] = ("source_id", "record_type", "scope", "external_id")

    class Meta:
        # No page or API shows the table itself.
        default_permissions = ()
        verbose_name_plural = "baseline entries"
        # Without the clock, so that PostgreSQL keeps the key of a record once for all of its rows
        # (deduplication): with it the index took 130 bytes a row, and takes 30.
        indexes = [
            models.Index(
                fields=["source", "record_type", "scope", "external_id"], name="baseline_entry_record"
            ),
            models.Index(fields=["event"], name="baseline_entry_event"),
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.external_id} at {clock_time(self.clock)}"
