"""The lists that people keep under a name: with their filters, search, order and columns."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models.functions import Now


class SavedView(models.Model):
    """A list as somebody has saved it, for himself, a group or everybody.

    It is a query string and no right: whoever opens it sees his own rows. A view of a group that is deleted
    is its owner's alone again.

    record_type: the model's name. query: all that makes the list as it is shown, as the list writes it.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", db_index=False
    )
    record_type = models.TextField()
    name = models.TextField()
    query = models.TextField(blank=True, default="", db_default="")
    group = models.ForeignKey(Group, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    is_for_all = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = "saved view"
        # Who may share one is a permission of another name.
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["owner", "record_type", "name"], name="saved_view_name"),
            models.CheckConstraint(
                condition=models.Q(is_for_all=False) | models.Q(group__isnull=True),
                name="saved_view_audience",
            ),
        ]

    @property
    def is_shared(self) -> bool:
        return self.is_for_all or self.group_id is not None

    def __str__(self) -> str:
        return self.name
