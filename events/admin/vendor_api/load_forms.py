"""The forms of the page about loads: the key of the vendor's API, what to load, and how to go on."""

from datetime import UTC, datetime, time

from django import forms
from django.utils import timezone

from entities.resource_language import Api

TRUST_LABEL = "Take the ids of the API for those of webhooks, without trying"
TRUST_HELP = (
    "This vendor writes some ids otherwise in its API than in webhooks. A load tries the known rule on "
    "records that webhooks have brought, and stops where there are none. Tick this for a source that no "
    "webhook has reached yet. If the rule is wrong, each such record is there twice."
)


class KeyForm(forms.Form):
    """The key of the vendor's API, which no page shows again."""

    key = forms.CharField(
        label="API key",
        # Else Django would trim it, and say nothing of what the store refuses.
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "off"}),
        help_text="It is stored encrypted, and not shown again.",
    )


class TrustForm(forms.Form):
    """A tick to trust the ids of the API; without the field where the vendor writes its ids in one way."""

    trusts_ids = forms.BooleanField(required=False, label=TRUST_LABEL, help_text=TRUST_HELP)

    def __init__(self, api: Api, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        if not api.ids:
            del self.fields["trusts_ids"]

    @property
    def is_trusting(self) -> bool:
        return bool(self.cleaned_data.get("trusts_ids"))


class StartForm(TrustForm):
    """The lists to load, and the time from which on."""

    resources = forms.MultipleChoiceField(
        label="Lists",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one list."},
    )
    since = forms.DateField(
        required=False,
        label="Changed since",
        widget=forms.DateInput({"type": "date"}),
        help_text="Leave it empty to load all records. Rows that have no time of change are always loaded.",
    )
    field_order = ("resources", "since", "trusts_ids")

    def __init__(self, api: Api, *args: object) -> None:
        super().__init__(api, *args)
        lists = self.fields["resources"]
        lists.choices = [(resource.name, resource.name) for resource in api.resources]  # type: ignore[attr-defined]
        lists.initial = [resource.name for resource in api.resources if resource.is_default]

    @property
    def since_time(self) -> datetime | None:
        """Return the beginning of the day in the active time zone, or None."""
        day = self.cleaned_data["since"]
        zone = timezone.get_current_timezone()
        return datetime.combine(day, time.min, zone).astimezone(UTC) if day else None
