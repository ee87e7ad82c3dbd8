"""The forms on which staff name ids, put them in order, and tie a person to a login."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from entities.models import Name, NameKind

MAX_NAME_LENGTH = 200
MAX_POSITION = 9_999


class NameForm(forms.Form):
    """The columns of one name that are staff's.

    A field has changed if it differs from what the page showed, not from what the table has now: so that
    staff who save at the same time do not undo each other's names.
    """

    name = forms.CharField(required=False, max_length=MAX_NAME_LENGTH, show_hidden_initial=True)
    position = forms.IntegerField(
        required=False, min_value=0, max_value=MAX_POSITION, show_hidden_initial=True
    )
    login = forms.CharField(required=False, max_length=150, show_hidden_initial=True)

    def __init__(self, named: Name, people: QuerySet[User], data: Any = None) -> None:
        """people: the users to whose logins a person may be tied, besides the one to which he is tied."""
        login = named.user.get_username() if named.user else ""
        initial = {"name": named.name, "position": named.position, "login": login}
        super().__init__(data, prefix=f"name-{named.pk}", initial=initial)
        self.named = named
        self.people = people
        if named.kind == NameKind.PERSON:
            self.fields["login"].widget.attrs["list"] = "logins"
        else:
            del self.fields["login"]
        for label, field in self.fields.items():
            field.widget.attrs["aria-label"] = f"{label} of {named.ref}"

    def clean_login(self) -> Any:
        """Return the user of the login; None if it is empty."""
        login = self.cleaned_data["login"]
        if not login:
            return None
        tied = self.named.user
        user = tied if tied and tied.get_username() == login else self.people.filter(username=login).first()
        if user is None:
            raise ValidationError(f"There is no login {login!r}.")
        return user

    def changed_columns(self) -> dict[str, Any]:
        """Return column -> its new value, for those of the columns that were changed."""
        columns = {"name": "name", "position": "position", "login": "user"}
        return {columns[field]: self.cleaned_data[field] for field in self.changed_data}


class SubAccountNameForm(forms.Form):
    """A name that an id has in one sub-account only."""

    ref = forms.CharField(label="Id", max_length=255, widget=forms.TextInput({"list": "ids"}))
    scope = forms.CharField(
        label="Sub-account's id", max_length=255, widget=forms.TextInput({"list": "sub-accounts"})
    )
    name = forms.CharField(label="Name there", max_length=MAX_NAME_LENGTH)

    def __init__(self, names: QuerySet[Name], kind: str, data: Any = None) -> None:
        """names: those of the source."""
        super().__init__(data, prefix="sub-account")
        self.names = names
        self.of_kind = names.filter(kind=kind)

    def clean_ref(self) -> str:
        ref = str(self.cleaned_data["ref"])
        if not self.of_kind.filter(ref=ref).exists():
            raise ValidationError(f"No record of this source has the id {ref!r}.")
        return ref

    def clean_scope(self) -> str:
        scope = str(self.cleaned_data["scope"])
        if not self.names.filter(kind=NameKind.SUB_ACCOUNT, ref=scope).exists():
            raise ValidationError(f"This source has no sub-account {scope!r}.")
        return scope

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        place = {name: cleaned.get(name) for name in ("ref", "scope")}
        if all(place.values()) and self.of_kind.filter(**place).exists():
            message = f"{place['ref']} has a row in {place['scope']} already: change its name there."
            raise ValidationError(message)
        return cleaned
