"""The limits of what somebody sees, and the permissions that are named for what people do."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models

from entities.models.people.api_token import ApiToken

# The columns of which exactly one says whose limit it is.
HOLDERS = ("user", "group", "token")
HAS_ONE_HOLDER = models.Q(
    *(models.Q(**{f"{other}__isnull": other != holder for other in HOLDERS}) for holder in HOLDERS),
    _connector=models.Q.OR,
)


class AccessLimit(models.Model):
    """One source, or one sub-account of it, that a user, a group or an API token is limited to.

    Whoever has no limit sees everything. See `entities.access.visibility` for how several limits add up.
    The sub-account is named by its id and not by its row, which a rebuild may delete and make anew.

    scope: the sub-account's id; empty for the whole source.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="access_limits"
    )
    group = models.ForeignKey(Group, models.CASCADE, null=True, blank=True, related_name="access_limits")
    token = models.ForeignKey(ApiToken, models.CASCADE, null=True, blank=True, related_name="access_limits")
    # Protected: whoever lost his only limit with the source would see everything.
    source = models.ForeignKey("events.Source", models.PROTECT, related_name="+")
    scope = models.TextField(blank=True, default="", db_default="")

    class Meta:
        ordering = ["id"]
        # Users and groups are given the permissions below, which imply Django's own: see
        # `entities.access.permissions`. They need some model, and this one has none of its own.
        default_permissions = ()
        permissions = [
            ("view_records", "View records"),
            ("view_raw_events", "View raw events"),
            ("replay_events", "Apply events again"),
            ("manage_sources", "Manage sources"),
            ("name_things", "Name things"),
            ("export_records", "Export records"),
            ("share_views", "Share views"),
            ("manage_people", "Manage people and tokens"),
            ("erase_persons", "Erase personal data"),
        ]
        constraints = [
            models.CheckConstraint(condition=HAS_ONE_HOLDER, name="access_limit_holder"),
            *(
                models.UniqueConstraint(
                    fields=[holder, "source", "scope"],
                    condition=models.Q(**{f"{holder}__isnull": False}),
                    name=f"access_limit_of_{holder}",
                )
                for holder in HOLDERS
            ),
        ]

    @classmethod
    def source_model(cls) -> Any:
        """Return the model of sources, which this package cannot import."""
        return cls._meta.get_field("source").related_model

    def __str__(self) -> str:
        return f"{self.source_id}/{self.scope}" if self.scope else str(self.source_id)
