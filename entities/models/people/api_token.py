"""The tokens by which programs read the API."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import DatabaseError, models
from django.db.models.functions import Now
from django.utils import timezone

from crmmirror.lib.database.transient_errors import is_read_only

LAST_USED_PRECISION = timedelta(minutes=1)
# How long a token is valid if whoever makes it says nothing else. A token that nobody remembers then ends.
DEFAULT_DAYS = 90
# The words before a token in the header `Authorization`, in lower case; many clients can only send Bearer.
TOKEN_SCHEMES = ("token", "bearer")


class ApiToken(models.Model):
    """A named token of one user. It may read what its user may view, or less: see `AccessLimit`.

    record_types: the names of the models that it is limited to; empty for all. It shows no other record, and
        neither events nor sources, which are about records of any kind.

    Only the SHA-256 of a token is stored. Passwords need a slow, salted hash, because people choose words
    that can be guessed; a token is 256 random bits, which cannot be guessed, and a plain hash can be indexed.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.TextField()
    digest = models.TextField(unique=True, editable=False, help_text="SHA-256 of the token, hexadecimal.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the minute.")
    record_types = ArrayField(models.TextField(), blank=True, default=list, db_default=[])

    class Meta:
        ordering = ["user", "name"]
        verbose_name = "API token"
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="api_token_name")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def issue(
        cls,
        user: models.Model,
        name: str,
        expires_at: datetime | None = None,
        record_types: Sequence[str] = (),
    ) -> tuple[Self, str]:
        """Create a token; return it and its text, which is not stored and cannot be shown again."""
        text = f"crm_{secrets.token_urlsafe(32)}"
        token = cls.objects.create(
            user=user,
            name=name,
            digest=hash_token(text),
            expires_at=expires_at,
            record_types=list(record_types),
        )
        return token, text

    @property
    def state(self) -> str:
        """Return if the token is accepted, in words: active, expired, or user inactive."""
        if not self.user.is_active:
            return "user inactive"
        return "expired" if self.is_expired() else "active"

    def includes(self, record_type: str) -> bool:
        """Return True if the token is not limited to other kinds of record. record_type: a model's name."""
        return not self.record_types or record_type in self.record_types

    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    def note_use(self) -> None:
        """Set `last_used_at`, at most once a minute, so that not every read costs a write.

        A database that is read-only, as during a failover, can be read on: the use is then not noted.
        """
        now = timezone.now()
        if self.last_used_at is not None and self.last_used_at > now - LAST_USED_PRECISION:
            return
        try:
            type(self).objects.filter(pk=self.pk).update(last_used_at=now)
        except DatabaseError as error:
            if not is_read_only(error):
                raise


def hash_token(text: str) -> str:
    """Return the SHA-256 of a token's text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
