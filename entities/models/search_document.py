"""The search documents: the keys by which each record is found."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class SearchDocument(models.Model):
    """The search keys of one record.

    Only `entities.writing.search_writer` writes these rows, in the transaction in which it writes the record.

    scope: the sub-account that the record is of; for a sub-account, itself.
    keys: lexemes of all kinds, told apart by their prefix (see `entities.search.search_keys`). Cast from
        quoted lexemes, never parsed by a text search configuration, which differs between servers.
    """

    record_type = models.TextField(help_text="The record's model name, such as deal.")
    record_id = models.BigIntegerField()
    # No constraint: the record's own holds, and another check for each row would slow the workers down.
    source = models.ForeignKey(
        "events.Source", models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    scope = models.TextField(db_default="")
    keys = SearchVectorField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record_type", "record_id"], name="search_document_key"),
        ]
        indexes = [
            # With the pending list, an insert costs the workers little. Every search reads all of it, so that
            # it is merged into the tree at 1 MB, a quarter of PostgreSQL's default.
            GinIndex(
                fields=["keys"], name="search_document_keys", fastupdate=True, gin_pending_list_limit=1024
            ),
        ]

    def __str__(self) -> str:
        return f"keys of {self.record_type} {self.record_id}"
