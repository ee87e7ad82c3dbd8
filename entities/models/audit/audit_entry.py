"""The audit log: what people did with the mirror, one row for each act."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class AuditAction(models.TextChoices):
    """The closed list of acts that are written down. The column is text: a new one needs no migration."""

    EXPORT = "export", "exported a list"
    BODY_DOWNLOAD = "body-download", "downloaded the body of an event"
    APPLY_AGAIN = "apply-again", "applied events again"
    SOURCE_CREATED = "source-created", "created a source and its secret"
    SOURCE_CHANGED = "source-changed", "changed a source"
    SECRET_ROTATED = "secret-rotated", "rotated a secret"
    SECRET_ENDED = "secret-ended", "ended a secret"
    TRIAL_KEY_CREATED = "trial-key-created", "made a trial key"
    TRIAL_KEY_ENDED = "trial-key-ended", "ended a trial key"
    SECRETS_REENCRYPTED = "secrets-reencrypted", "encrypted all secrets with another key"
    TOKEN_CREATED = "token-created", "created an API token"
    TOKEN_CHANGED = "token-changed", "changed an API token"
    TOKEN_REVOKED = "token-revoked", "revoked an API token"
    READER_CREATED = "reader-created", "created a database role that reads"
    READER_DROPPED = "reader-dropped", "dropped a database role that reads"
    NAME_CHANGED = "name-changed", "changed a name or its place"
    VIEW_SHARED = "view-shared", "shared a saved view, or changed one that is shared"
    VIEW_WITHDRAWN = "view-withdrawn", "stopped sharing a saved view"
    PERSON_ERASED = "person-erased", "erased a person"
    ERASURE_LIFTED = "erasure-lifted", "lifted the erasure of a person"
    PERSON_EXPORTED = "person-exported", "exported a person's data"
    LOGIN = "login", "logged in"
    LOGIN_FAILED = "login-failed", "failed to log in"
    PASSWORD_CHANGED = "password-changed", "changed a password"
    SECOND_FACTOR_ADDED = "second-factor-added", "added a second factor"
    SECOND_FACTOR_REMOVED = "second-factor-removed", "removed a second factor"
    RECOVERY_CODES_RENEWED = "recovery-codes-renewed", "made new recovery codes"
    USER_CREATED = "user-created", "created a user"
    USER_CHANGED = "user-changed", "changed a user"
    RIGHTS_CHANGED = "rights-changed", "changed the rights of a user"
    USER_DELETED = "user-deleted", "deleted a user"
    GROUP_CREATED = "group-created", "created a group"
    GROUP_CHANGED = "group-changed", "changed a group or its rights"
    GROUP_DELETED = "group-deleted", "deleted a group"
    BACKUP = "backup", "made a backup"
    RESTORE = "restore", "restored a backup"
    LOG_EXPORTED = "log-exported", "exported the log of events"
    LOG_IMPORTED = "log-imported", "imported events into the log"
    API_KEY_SET = "api-key-set", "set the API key of a source"
    API_KEY_REMOVED = "api-key-removed", "removed the API key of a source"
    WEBHOOKS_ORDERED = "webhooks-ordered", "ordered webhooks at a vendor"
    LOAD_STARTED = "load-started", "started a load from a vendor's API"
    LOAD_PAUSED = "load-paused", "paused a load"
    LOAD_RESUMED = "load-resumed", "resumed a load"
    DELETIONS_ALLOWED = "deletions-allowed", "let records that a vendor lists no more be deleted"
    EVENTS_PRUNED = "events-pruned", "removed bodies of events"


class AuditEntry(models.Model):
    """One act: who did what to which row, when and from where. Only `entities.audit` writes it.

    The names are copied, so that the entry still says who and what after the user or the row is gone.
    """

    at = models.DateTimeField(db_default=Now(), editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    user_name = models.TextField(help_text="The user's name then, or the command; empty if not known.")
    action = models.TextField(help_text="A word of `AuditAction`.")
    object_type = models.TextField(db_default="", help_text="The row's model, such as events.source.")
    object_id = models.TextField(db_default="")
    object_text = models.TextField(db_default="", help_text="What the row was called then.")
    detail = models.JSONField(
        db_default=models.Value({}, models.JSONField()),
        help_text="More about the act. Never a secret, and never a body.",
    )
    remote_address = models.GenericIPAddressField(null=True)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        # Nobody adds, changes or deletes an entry: who may read them is a permission of another name.
        default_permissions = ()
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_newest"),
            models.Index(fields=["action", "-at", "-id"], name="audit_by_action"),
            models.Index(fields=["user", "-at", "-id"], name="audit_by_user"),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.user_name}"
