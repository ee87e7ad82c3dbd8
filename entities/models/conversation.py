"""Conversations, which are derived from the messages that name them, and the rule by which they are."""

from dataclasses import dataclass

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


@dataclass(frozen=True)
class ConversationRule:
    """The columns by which a model's records make up conversations. Declared as `Record.conversation_rule`.

    ref: the vendor's id of the conversation. A record without one is in no conversation.
    party: a reference to the record at the other end; those of the inbound records take part in all of it.
    direction: whether a record came in or went out, by the words INBOUND and OUTBOUND.
    time: when that was; where it is null, the record's first event counts.
    text, channel, status: what was said, by what means, and how its delivery went, for pages.
    """

    ref: str
    party: str
    direction: str
    time: str
    text: str
    channel: str
    status: str


INBOUND = "inbound"
OUTBOUND = "outbound"


class Conversation(models.Model):
    """The messages of one source and scope that have one `conversation_ref`. One without messages has no row.

    Only `entities.writing.conversations` writes this table. Deleted messages do not count. Messages are in
    the order of their times, and at equal times of their external ids.
    """

    source = models.ForeignKey("events.Source", models.PROTECT, related_name="+", db_index=False)
    scope = models.TextField(db_default="", help_text="The vendor's sub-account id, or empty.")
    ref = models.TextField(help_text="The vendor's id of the conversation.")
    contact_ids = ArrayField(
        models.BigIntegerField(),
        db_default=models.Value([], ArrayField(models.BigIntegerField())),
        help_text="The contacts of its inbound messages, in ascending order.",
    )
    message_count = models.BigIntegerField(db_default=0)
    first_message_at = models.DateTimeField(null=True)
    last_message_at = models.DateTimeField(null=True)
    last_inbound_at = models.DateTimeField(null=True)
    last_outbound_at = models.DateTimeField(null=True)
    unanswered_since = models.DateTimeField(
        null=True,
        help_text="When the first inbound message after the last outbound one came; empty if none did.",
    )

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["source", "scope", "ref"], name="conversation_key")]
        indexes = [
            GinIndex(fields=["contact_ids"], name="conversation_contacts"),
            # The admin's list begins with those in which something was said last.
            models.Index(models.F("last_message_at").desc(nulls_last=True), name="conversation_newest"),
        ]

    def __str__(self) -> str:
        return self.ref
