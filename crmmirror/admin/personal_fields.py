"""The form fields of a user that concern him alone: whom he is in the CRMs, and his time zone."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet

from crmmirror.admin.time_zone_page import list_zone_choices
from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.time_zones import validate_time_zone
from entities.access.visibility import visible_to
from entities.models import Name, NameKind, UserProfile, find_profile
from entities.names import STAFF_ORDER

PERSONAL_FIELDS = ("persons", "time_zone")


class PersonsField(forms.ModelMultipleChoiceField):
    """A choice of the people of the CRMs, each with the source that knows him."""

    def label_from_instance(self, name: Name) -> str:
        return f"{name.source} / {shorten(name.shown or name.ref)}"


class PersonalForm(forms.ModelForm):
    """A form of a user with his personal fields. manager: who fills it in."""

    persons = PersonsField(
        Name.objects.none(),
        required=False,
        label="Is, in the CRMs",
        help_text="What these people own or have to do is his. People of another login are not offered.",
    )
    time_zone = forms.CharField(required=False, validators=[validate_time_zone], widget=forms.Select)
    manager: ClassVar[User]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = find_persons(self.manager, self.instance)
        self.fields["persons"].queryset = offered  # type: ignore[attr-defined]
        self.fields["persons"].initial = [name.pk for name in offered if name.user_id]
        self.fields["time_zone"].widget.choices = list_zone_choices()
        profile = find_profile(self.instance)
        self.fields["time_zone"].initial = profile.time_zone if profile else ""

    def save_personal_fields(self) -> None:
        """Store what was chosen. Call it when the user is stored."""
        chosen = [name.pk for name in self.cleaned_data["persons"]]
        offered = find_persons(self.manager, self.instance).order_by()
        offered.filter(user=self.instance).exclude(pk__in=chosen).update(user=None)
        offered.filter(user=None, pk__in=chosen).update(user=self.instance)
        if "time_zone" in self.changed_data:
            values = {"time_zone": self.cleaned_data["time_zone"], "was_offered_time_zone": True}
            UserProfile.objects.update_or_create(user=self.instance, defaults=values)


def find_persons(manager: User, user: User) -> QuerySet[Name]:
    """Return the people whom the manager sees and who are no other login, in the order of staff."""
    people = Name.objects.filter(kind=NameKind.PERSON, scope="").select_related("source")
    free = people.filter(user=None) | people.filter(user=user) if user.pk else people.filter(user=None)
    return visible_to(manager, free).order_by("source__slug", *STAFF_ORDER)


def describe_time_zone(user: User) -> str:
    """Return a user's time zone for those who may not change it."""
    profile = find_profile(user)
    return (profile.time_zone if profile else "") or f"the default: {settings.DISPLAY_TIME_ZONE}"
