"""The accounts of users at an OpenID Connect provider."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class ExternalIdentity(models.Model):
    """The account of a user at an OpenID Connect provider, by which he is known at each of his logins.

    issuer, subject: the claims `iss` and `sub`. A provider never gives a subject to somebody else, whereas
    names and e-mail addresses change hands.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="external_identities")
    issuer = models.TextField()
    subject = models.TextField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "external identities"
        # Nobody edits these rows: a login makes them.
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="external_identity_key")]

    def __str__(self) -> str:
        return f"{self.subject} of {self.issuer}"
