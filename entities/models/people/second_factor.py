"""The second factors of users' passwords."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class SecondFactor(models.Model):
    """The second factor of a user's password: a key for time-based codes (TOTP), and recovery codes.

    ciphertext: the key, encrypted with ENCRYPTION_KEYS. confirmed_at: null until the user has shown that his
    app has the key; it does not count before. last_step: the time step of the last code that was accepted;
    no code of it or before is accepted again. recovery_hashes: SHA-256 of each recovery code that is left, in
    hex; each has 80 random bits, so that a slow hash is not needed.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="second_factor")
    ciphertext = models.BinaryField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=-1, db_default=-1)
    recovery_hashes = ArrayField(models.TextField(), default=list, db_default=[])

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"second factor of {self.user}"


def find_second_factor(user: Any) -> SecondFactor | None:
    """Return the second factor that a user has confirmed; None if he has none."""
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).first()
