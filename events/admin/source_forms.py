"""The forms of a source: what `events.sources.lookup` demands, said beside the field that is at fault."""

from copy import copy
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from entities.vendors import all_vendors
from events.models import Encoding, Scheme, Source
from events.signatures import SCHEMES, SignatureScheme, UnfitSecret
from events.sources import encryption
from events.sources.encryption import decrypt_or_none
from events.sources.registry import SIGNATURE_OPTIONS, check_or_make_secret, default_scheme, validate_source
from events.sources.rotation import active_secrets

LIMIT_FIELDS = ("rate_limit", "rate_period", "allowed_networks")
VENDORS_OWN = "as the vendor signs"


def given_options(cleaned: dict[str, Any]) -> dict[str, str]:
    """Those that say something: an HMAC is in hex unless told otherwise."""
    given = {name: cleaned.get(name, "") for name in SIGNATURE_OPTIONS}
    return {name: value for name, value in given.items() if value and value != Encoding.HEX}


class NewSourceForm(forms.ModelForm):
    vendor = forms.ChoiceField()
    scheme = forms.ChoiceField(
        required=False,
        choices=[("", VENDORS_OWN), *Scheme.choices],
        help_text="How the vendor proves that a delivery is its own.",
    )
    secret = forms.CharField(
        required=False,
        strip=True,
        help_text="Only where the vendor gives you one. Leave it empty, and a new one is made.",
    )

    class Meta:
        model = Source
        fields = ("slug", "vendor", "scheme", *SIGNATURE_OPTIONS)
        help_texts = {"slug": "A short name, such as acme-main. It is the source's name in the API too."}
        widgets = dict.fromkeys(("header", "prefix"), forms.TextInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(vendor.name, vendor.label) for vendor in all_vendors().values()]
        self.fields["vendor"].choices = known  # type: ignore[attr-defined]

    def given(self) -> dict[str, Any]:
        """The arguments of `events.sources.registry.create_source`."""
        named = {name: self.cleaned_data[name] for name in ("slug", "vendor", "scheme", "secret")}
        return named | given_options(self.cleaned_data)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        scheme = cleaned["scheme"] = cleaned["scheme"] or default_scheme(cleaned["vendor"])
        fields = {name: value for name, value in cleaned.items() if name != "secret"}
        validate_source(Source(**fields), frozenset(given_options(cleaned)))
        check_or_make_secret(SCHEMES[scheme], cleaned["secret"])
        _demand_key()
        return cleaned


class SourceForm(forms.ModelForm):
    class Meta:
        model = Source
        fields = ("slug", "vendor", "active", "scheme", *SIGNATURE_OPTIONS, "max_body_bytes", *LIMIT_FIELDS)
        widgets = {
            **dict.fromkeys(("header", "prefix"), forms.TextInput),
            "allowed_networks": forms.Textarea({"rows": 3}),
        }
        labels = {"rate_limit": "Deliveries at most", "rate_period": "Within"}
        help_texts = {
            "vendor": "Fixed: the events are read as this vendor's.",
            "active": "An inactive source's address answers 404.",
            "max_body_bytes": "A larger delivery is refused.",
            "rate_limit": "Authentic deliveries over that are answered 429. Empty for no limit.",
            "allowed_networks": (
                "Deliveries from elsewhere are refused. One network a line, such as 203.0.113.0/24; empty "
                "for all."
            ),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        validate_source(_with(self.instance, cleaned), frozenset(given_options(cleaned)))
        if cleaned["scheme"] != self.initial["scheme"]:
            self._demand_fitting_secret(cleaned["scheme"])
        return cleaned

    def _demand_fitting_secret(self, scheme: str) -> None:
        """A scheme for which the source has no secret would refuse every delivery."""
        rules = SCHEMES[scheme]
        kept = active_secrets(self.instance)
        if rules.new_secret and not any(_fits(rules, bytes(one.ciphertext)) for one in kept):
            raise ValidationError(
                {"scheme": "This source has no secret that fits the scheme: add a new source."}
            )


def _with(source: Source, cleaned: dict[str, Any]) -> Source:
    changed = copy(source)
    for name, value in cleaned.items():
        setattr(changed, name, value)
    return changed


def _fits(rules: SignatureScheme, ciphertext: bytes) -> bool:
    secret = decrypt_or_none(ciphertext)
    if secret is None:
        return False
    try:
        rules.check_secret(secret)
    except UnfitSecret:
        return False
    return True


def _demand_key() -> None:
    try:
        encryption.encrypt("")
    except encryption.NoEncryptionKey as error:
        raise ValidationError(str(error)) from None
