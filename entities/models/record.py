"""The base class of all mirrored records, with their key, existence and registers."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from entities.merge.balance_rule import Balance
from entities.merge.derived_columns import RunStart
from entities.merge.stage_rule import StageRule
from entities.models.conversation import ConversationRule
from entities.models.key_kinds import KeyKind
from entities.models.overdue import OverdueRule

EMPTY = models.Value({}, models.JSONField())


class Record(models.Model):
    """A record that is mirrored: last-writer-wins registers under the key (source, scope, external id).

    Only `entities.writing.apply` writes these tables. `registers` holds the clock of every register, and
    the values of those that are not a column (see `entities.merge.registers`).

    is_placeholder: another record refers to this one, and no event has described it yet.
    is_deleted: a tombstone: the vendor deleted the record, and the mirror keeps it, marked.
    merged_into: the external id of the record of the same kind, source and scope into which the vendor merged
        this one. No foreign key: the mirror may not know that one.
    """

    source = models.ForeignKey("events.Source", models.PROTECT, related_name="+")
    scope = models.TextField(db_default="", help_text="The vendor's sub-account id, or empty.")
    sub_account = models.ForeignKey(
        "entities.SubAccount", models.PROTECT, null=True, blank=True, related_name="+"
    )
    external_id = models.TextField()
    is_placeholder = models.BooleanField(db_default=True)
    is_deleted = models.BooleanField(db_default=False)
    deleted_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.TextField(
        null=True,
        blank=True,
        help_text="The id in the CRM of the record into which the vendor merged this one.",
    )
    created_at = models.DateTimeField(null=True, blank=True, help_text="When the vendor says it was created.")
    first_event_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the first event about the record itself happened.",
    )
    last_event_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the last event about the record itself happened.",
    )
    first_seen_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now(), help_text="When the mirror last changed it.")
    extra = models.JSONField(db_default=EMPTY, help_text="What the vendor said that no column holds.")
    extra_omitted = models.BigIntegerField(
        db_default=0,
        help_text="How many more keys the vendor sent than `extra` keeps; from 1,000 on an estimate.",
    )
    registers = models.JSONField(db_default=EMPTY, editable=False)

    # Column -> the rule by which it is computed from the history of another column.
    derived_columns: ClassVar[dict[str, RunStart]] = {}
    # How the records of this model make up conversations; None if they do not.
    conversation_rule: ClassVar[ConversationRule | None] = None
    # Column -> the rule by which it is computed from this record and those that refer to it.
    balances: ClassVar[dict[str, Balance]] = {}
    # The rule by which a record of this model is overdue; None if it never is.
    overdue: ClassVar[OverdueRule | None] = None
    # The stages that the records of this model pass through; None if there are none.
    stages: ClassVar[StageRule | None] = None
    # Columns whose history the page shows.
    tracked_columns: ClassVar[tuple[str, ...]] = ()
    # Columns of documents that readers expect to be objects; the API shows any other document under `extra`.
    object_columns: ClassVar[tuple[str, ...]] = ()
    # The column that says which sub-account a record belongs to, for those who may see some of them only.
    scope_column: ClassVar[str] = "scope"
    # The record's name is the first of these columns that is not empty; else its external id.
    name_columns: ClassVar[tuple[str, ...]] = ("name", "title", "number")
    # The columns of words, such as a status, of which all that are in use are offered as filters.
    word_columns: ClassVar[tuple[str, ...]] = ()
    # The kind of names of its records by their external ids (see `entities.models.naming.name`).
    name_kind: ClassVar[str] = ""
    # Text column -> by which keys the record is found through it. A phrase may go on from one to the next.
    searched_columns: ClassVar[dict[str, KeyKind]] = {}
    # Of a model of persons or companies: the columns with the name by which two records may be the same one.
    person_columns: ClassVar[tuple[str, ...]] = ()
    # What becomes of each column but the references when a person to whom a record of this model refers is
    # erased: what it says of him goes, what it says of itself stays (see `entities.erasure`). His own record
    # goes whole.
    about_referred: ClassVar[tuple[str, ...]] = ()
    about_itself: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "scope", "external_id"], name="%(class)s_key"),
        ]
        indexes = [
            # The API orders by each of them in both directions, with nulls last and the id as tie-breaker.
            models.Index("created_at", "id", name="%(class)s_oldest"),
            models.Index(
                models.F("created_at").desc(nulls_last=True), models.F("id").desc(), name="%(class)s_newest"
            ),
            models.Index("changed_at", "id", name="%(class)s_changed"),
            # So do the admin's lists, which show first what the vendor last spoke of.
            models.Index("last_event_at", "id", name="%(class)s_idle"),
            models.Index(
                models.F("last_event_at").desc(nulls_last=True),
                models.F("id").desc(),
                name="%(class)s_active",
            ),
        ]

    def __str__(self) -> str:
        names = (getattr(self, column, None) for column in self.name_columns)
        return next(filter(None, names), self.external_id)

    @property
    def state_word(self) -> str:
        """Return "merged", "deleted", "placeholder", or an empty string for a live record."""
        if self.is_deleted:
            return "merged" if self.merged_into else "deleted"
        return "placeholder" if self.is_placeholder else ""
