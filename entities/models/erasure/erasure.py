"""Erasures of persons, their marks, and the key of the marks."""

from django.db import models
from django.db.models.functions import Now


class Erasure(models.Model):
    """One erasure of a person. A row stays when the erasure is lifted; only its marks go.

    extends: the erasure of which this one is the continuation, because an event told of another record of the
        person; empty for one that somebody ordered. The greatest id tells workers that something was erased
        since they last looked.
    """

    erased_at = models.DateTimeField(db_default=Now(), editable=False)
    lifted_at = models.DateTimeField(null=True)
    extends = models.ForeignKey("self", models.CASCADE, null=True, related_name="extensions")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"erasure {self.pk}"


class ErasureMark(models.Model):
    """A keyed hash (HMAC-SHA256) by which a record or an address of an erased person is known again.

    digest: of an `entities.erasure.marks.Mark`. Without the key nobody can try values against it.
    """

    erasure = models.ForeignKey(Erasure, models.CASCADE, related_name="marks")
    digest = models.BinaryField(max_length=32)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["digest", "erasure"], name="erasure_mark_key")]

    def __str__(self) -> str:
        return f"mark {self.pk} of {self.erasure_id}"


class ErasureKey(models.Model):
    """The key of all marks: one row, encrypted at rest by ENCRYPTION_KEYS, and never changed.

    A mark cannot be hashed anew with another key, because its value is gone.
    """

    id = models.SmallIntegerField(primary_key=True)
    ciphertext = models.BinaryField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return "key of the erasure marks"
