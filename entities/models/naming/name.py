"""Names for the vendors' bare ids of things that are not mirrored, such as the stages of a pipeline."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class NameKind(models.TextChoices):
    """The kinds of things that vendors refer to by a bare id. All people are one kind, whatever they do."""

    STAGE = "stage", "stage"
    PIPELINE = "pipeline", "pipeline"
    PERSON = "person", "person"
    CALENDAR = "calendar", "calendar"
    APPOINTMENT_TYPE = "appointment-type", "appointment type"
    FORM = "form", "form"
    SUB_ACCOUNT = "sub-account", "sub-account"


class Name(models.Model):
    """The name of one id of a vendor: what staff call it, and what the vendor's newest event calls it.

    `entities.writing.write_names` fills in the ids and the vendor's names as events are applied; everything
    else is of staff, and no event or rebuild touches it. `entities.names` chooses the name that is shown.

    scope: empty for the whole source; else the sub-account in which the id has this name.
    name: staff's; empty if they have given none. position: staff's order; null comes last, by name.
    vendor_name, vendor_clock: of the newest event that names the id; both empty if none does.
    user: the login of this person.
    """

    source = models.ForeignKey("events.Source", models.PROTECT, related_name="+", db_index=False)
    scope = models.TextField(blank=True, default="", db_default="")
    kind = models.TextField(choices=NameKind)
    ref = models.TextField(help_text="The vendor's id.")
    name = models.TextField(blank=True, default="", db_default="")
    position = models.IntegerField(null=True, blank=True)
    vendor_name = models.TextField(blank=True, default="", db_default="")
    vendor_clock = models.TextField(blank=True, default="", db_default="", db_collation="C")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="crm_persons"
    )

    class Meta:
        verbose_name = "name"
        verbose_name_plural = "names and order"
        # Who may name things is one permission for all of it: see `entities.admin.name_admin`.
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["source", "scope", "kind", "ref"], name="name_key"),
            models.CheckConstraint(
                condition=Q(user=None) | Q(kind=NameKind.PERSON), name="name_user_is_a_person"
            ),
        ]

    @property
    def shown(self) -> str:
        """The name: staff's, else the vendor's; empty if nobody has named the id."""
        return self.name or self.vendor_name

    def __str__(self) -> str:
        place = f" in {self.scope}" if self.scope else ""
        return f"{self.get_kind_display()} {self.ref}{place}: {self.shown or 'unnamed'}"
