"""The form of an API token: whose it is, when it ends, and what it is limited to."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from crmmirror.admin.limit_forms import LimitedForm
from entities.models import ApiToken
from entities.models.introspection import model_name, record_models
from entities.models.people.api_token import DEFAULT_DAYS


class TokenForm(LimitedForm):
    """A token with what it is limited to, beside the limits of its user."""

    kinds = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Kinds of record",
        help_text="Choose none for all. With a choice, the token shows these records alone, and no events.",
    )

    class Meta:
        model = ApiToken
        fields = ("user", "name", "expires_at")
        widgets = {"name": forms.TextInput}
        help_texts = {
            "user": "The token may read what this user may, and sees what he sees.",
            "name": "What it is for.",
            "expires_at": (
                f"A new token ends after {DEFAULT_DAYS} days, unless you write something else. Empty: never."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.initial.setdefault("expires_at", default_expiry())
        self._offer_kinds()
        if "expires_at" not in self.fields:
            # Somebody looks at it who may not change it.
            return
        # Django labels the pair of fields, but neither of them.
        for part, label in zip(self.fields["expires_at"].widget.widgets, ("Day", "Time of day"), strict=True):
            part.attrs["aria-label"] = f"{label} at which the token expires"

    def _offer_kinds(self) -> None:
        if "kinds" not in self.fields:
            return
        offered = {model_name(model): str(model._meta.verbose_name_plural) for model in record_models()}
        # A kind that no model has any more stays chosen: a token that loses its last one would show all.
        offered |= {name: name for name in self.instance.record_types if name not in offered}
        self.fields["kinds"].choices = list(offered.items())  # type: ignore[attr-defined]
        self.fields["kinds"].initial = self.instance.record_types

    def clean(self) -> dict[str, Any]:
        cleaned = forms.ModelForm.clean(self) or self.cleaned_data
        if "kinds" in cleaned:
            self.instance.record_types = cleaned["kinds"]
        return cleaned


def default_expiry() -> Any:
    """Return when a token ends that is made now, to the minute."""
    return (timezone.now() + timedelta(days=DEFAULT_DAYS)).replace(second=0, microsecond=0)
