"""The database roles by which analysts read the mirror in SQL."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class SqlReader(models.Model):
    """A role of the database that may read the views of `entities.sql.sql_views`, and nothing else.

    The views look here for what the role that asks may see: a role that is not here sees no row.

    source_ids: the sources whose rows it sees; null for all, also those that are created later.
    """

    role = models.TextField(unique=True)
    source_ids = ArrayField(models.BigIntegerField(), null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = "SQL reader"
        # Roles are made and dropped by commands.
        default_permissions = ()

    def __str__(self) -> str:
        return self.role
