"""The words in use: which words vendors have said in the columns by which lists are filtered."""

from django.db import models


class Word(models.Model):
    """One word that an event has said in a column of the records of one source and scope.

    The columns are those of `Record.word_columns` and the ids that may have names. Only
    `entities.writing.words` writes this table. From it a list offers its words without reading the records.
    A word stays when the last record with it has another.
    """

    source = models.ForeignKey("events.Source", models.PROTECT, related_name="+", db_index=False)
    scope = models.TextField(db_default="", help_text="The vendor's sub-account id, or empty.")
    record_type = models.TextField(help_text="The model's name, in lower case.")
    field = models.TextField(help_text="The column.")
    word = models.TextField()

    class Meta:
        ordering = ["word"]
        # No page or API shows the table itself.
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["record_type", "source", "scope", "field", "word"], name="word_key"
            )
        ]

    def __str__(self) -> str:
        return self.word
