"""The records that a user has opened lately."""

from django.conf import settings
from django.db import models


class ViewedRecord(models.Model):
    """A record that a user opened, by the record's key: so it survives a rebuild.

    Only `entities.admin.recent.recent_records` writes this table, and keeps a few rows of each user.
    record_type: the model's name.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    record_type = models.TextField()
    source = models.ForeignKey("events.Source", models.CASCADE, related_name="+", db_index=False)
    scope = models.TextField()
    external_id = models.TextField()
    viewed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["user", "record_type", "source", "scope", "external_id"], name="viewed_record_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.external_id}"
