"""The tables of the change feed: one row for each record, the notes that wait for a number, and the lives."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Change(models.Model):
    """The newest change of one record. It outlives the record: nothing refers to the record's row.

    Only `entities.feed.numbering` writes these rows, one transaction at a time, so that the numbers become
    visible in their order. A record that changes again gets a new number, greater than all others.

    number: its place in the feed. first_number: the first one that it had.
    record_id: the id of the record's row, which may be gone.
    scope: the sub-account that the record is of; for a sub-account, itself.
    noted_at: when the change was noted: after the record's `changed_at`, in the same transaction.
    """

    number = models.BigIntegerField(primary_key=True)
    first_number = models.BigIntegerField()
    record_type = models.TextField(help_text="The record's model name, such as deal.")
    record_id = models.BigIntegerField()
    source = models.ForeignKey(
        "events.Source", models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    scope = models.TextField(db_default="")
    external_id = models.TextField()
    noted_at = models.DateTimeField()

    # The columns by which a record is known here.
    key: ClassVar[tuple[str, ...]] = ("source_id", "record_type", "scope", "external_id")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["source", "record_type", "scope", "external_id"], name="change_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.record_type} {self.record_id}"


class ChangeNote(models.Model):
    """The records that one transaction changed. Numbering deletes it, after the transaction has committed.

    One row for a whole batch, with an array for each column of `Change`: while somebody keeps a transaction
    open, PostgreSQL cannot clear deleted rows away, and each numbering reads past all of them.
    """

    noted_at = models.DateTimeField()
    record_types = ArrayField(models.TextField())
    record_ids = ArrayField(models.BigIntegerField())
    source_ids = ArrayField(models.BigIntegerField())
    scopes = ArrayField(models.TextField())
    external_ids = ArrayField(models.TextField())

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{len(self.record_ids)} records"


class FeedLife(models.Model):
    """A run of the database server in which changes were numbered, under a random name that cursors carry.

    A database that is restored gives numbers again that it gave before. By the life that stands in a cursor
    it knows whether a number is one of those that it has, or one of the same value that was lost.

    server_run: what differs in any other run: see `entities.feed.numbering`. first_number: the first number
    that was given in it; the life ends where the next one begins.
    """

    life = models.UUIDField(unique=True)
    server_run = models.TextField()
    first_number = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.life} from {self.first_number}"
