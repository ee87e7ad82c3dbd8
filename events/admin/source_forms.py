"""The forms of a source. They show what `events.sources.registry` rejects beside the field that is wrong."""

from copy import copy
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from entities.vendors import all_vendors
from events.models import Encoding, Scheme, Source
from events.signatures import UnfitSecret
from events.signatures.secret_keys import check_secret
from events.signatures.signature_rows import get_signatures, uses_secrets
from events.sources import encryption
from events.sources.encryption import decrypt_or_none
from events.sources.readable_secrets import REMEDY, read_secrets
from events.sources.registry import (
    READING_OPTIONS,
    RETENTION_OPTIONS,
    SIGNATURE_OPTIONS,
    check_or_make_secret,
    default_scheme,
    validate_source,
)
from events.sources.rotation import active_secrets

LIMIT_FIELDS = ("rate_limit", "rate_period", "allowed_networks")
VENDORS_SCHEME_LABEL = "the vendor's own scheme"
VENDOR_REMEDY = "Bring the vendor's module back, or make the source inactive."
OTHER_SCHEMES = [choice for choice in Scheme.choices if choice[0] != Scheme.VENDOR]


def chosen_signature_options(cleaned: dict[str, Any]) -> dict[str, str]:
    """Return the signature options that differ from their default, which is hex for the encoding."""
    options = {name: cleaned.get(name, "") for name in SIGNATURE_OPTIONS}
    return {name: value for name, value in options.items() if value and value != Encoding.HEX}


class NewSourceForm(forms.ModelForm):
    """The form that adds a source, with a secret of its own or a new one."""

    vendor = forms.ChoiceField()
    scheme = forms.ChoiceField(
        required=False,
        choices=[("", VENDORS_SCHEME_LABEL), *OTHER_SCHEMES],
        help_text="How the vendor proves that a delivery comes from it.",
    )
    secret = forms.CharField(
        required=False,
        strip=True,
        help_text="Fill this in only if the vendor gives you a secret. Otherwise a new secret is created.",
    )

    class Meta:
        model = Source
        fields = ("slug", "vendor", "scheme", *SIGNATURE_OPTIONS)
        help_texts = {"slug": "A short name, such as acme-main. It names the source in the API too."}
        widgets = dict.fromkeys(("header", "prefix"), forms.TextInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        vendor_choices = [(vendor.name, vendor.label) for vendor in all_vendors().values()]
        self.fields["vendor"].choices = vendor_choices  # type: ignore[attr-defined]

    def source_arguments(self) -> dict[str, Any]:
        """Return the arguments of `events.sources.registry.create_source`."""
        arguments = {name: self.cleaned_data[name] for name in ("slug", "vendor", "scheme", "secret")}
        return arguments | chosen_signature_options(self.cleaned_data)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        cleaned["scheme"] = cleaned["scheme"] or default_scheme(cleaned["vendor"])
        fields = {name: value for name, value in cleaned.items() if name != "secret"}
        source = Source(**fields)
        validate_source(source, frozenset(chosen_signature_options(cleaned)))
        check_or_make_secret(source, cleaned["secret"])
        _require_encryption_key()
        return cleaned


class SourceForm(forms.ModelForm):
    """The form that changes a source; its secrets are changed by `events.admin.source_actions`."""

    class Meta:
        model = Source
        fields = (
            "slug",
            "label",
            "vendor",
            "active",
            "scheme",
            *SIGNATURE_OPTIONS,
            "max_body_bytes",
            *LIMIT_FIELDS,
            *READING_OPTIONS,
            "record_addresses",
            *RETENTION_OPTIONS,
        )
        widgets = {
            **dict.fromkeys(("label", "header", "prefix", *READING_OPTIONS), forms.TextInput),
            **dict.fromkeys(("allowed_networks", "record_addresses"), forms.Textarea({"rows": 3})),
        }
        labels = {
            "rate_limit": "Maximum deliveries",
            "rate_period": "Within",
            "keep_days": "Days that bodies are kept",
        }
        help_texts = {
            "vendor": "It cannot be changed: the source's events are read as this vendor's.",
            "active": "The address of an inactive source answers 404.",
            "max_body_bytes": "A larger delivery is refused.",
            "rate_limit": "Authentic deliveries above it are answered 429. Leave it empty for no limit.",
            "allowed_networks": (
                "Deliveries from other networks are refused. Write one network a line, such as "
                "203.0.113.0/24. Leave it empty to allow all networks."
            ),
            "time_zone": (
                "The time zone in which a date that the vendor writes in UTC is a day, such as Asia/Dubai. "
                "Leave it empty for UTC. After a change, run manage.py rebuild_mirror, which reads the "
                "stored events anew; until then, verify_mirror reports that their dates differ."
            ),
            "default_region": (
                "The country of phone numbers without a country code, as its two letters, such as AE."
            ),
            "keep_days": (
                "After so many days the bodies of applied and ignored events are removed for good, from the "
                "oldest on. Records, history and search stay as they are; what the mapping learns later "
                "cannot be read from those events any more. Leave it empty to keep bodies for ever."
            ),
            "assumed_currency": (
                "The currency of amounts for which the vendor states none, as the three letters of ISO 4217, "
                "such as AED. It is shown beside such amounts, marked as assumed, and not stored. "
                "Leave it empty if there is no telling."
            ),
            "record_addresses": (
                "Where records are in the CRM, for the link on their pages. Write one kind of record a line, "
                "such as: contact https://app.example.com/{scope}/contacts/{id}. In place of {id} comes the "
                "vendor's id, in place of {scope} that of the sub-account."
            ),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        changed = _changed_copy(self.instance, cleaned)
        try:
            validate_source(changed, frozenset(chosen_signature_options(cleaned)))
        except ValidationError as error:
            if "vendor" not in error.error_dict:
                raise
            # The vendor's module is gone, and the vendor cannot be changed here: nothing else can be judged.
            if changed.active:
                raise ValidationError(
                    [
                        *error.error_dict["vendor"],
                        "Bring the vendor's module back, or make the source inactive.",
                    ]
                ) from None
            return cleaned
        if cleaned["scheme"] != self.initial["scheme"]:
            self._require_fitting_secret(changed)
        return cleaned

    def _require_fitting_secret(self, changed: Source) -> None:
        """Reject a scheme that none of the source's secrets fits: every delivery would be refused."""
        ciphertexts = [bytes(secret.ciphertext) for secret in active_secrets(self.instance)]
        if uses_secrets(changed) and not any(_is_fitting_secret(changed, item) for item in ciphertexts):
            if read_secrets(ciphertexts).unreadable_count:
                raise ValidationError({"scheme": f"A secret of this source cannot be decrypted. {REMEDY}"})
            raise ValidationError(
                {"scheme": "This source has no secret that fits the scheme: add a new source."}
            )


def _changed_copy(source: Source, cleaned: dict[str, Any]) -> Source:
    changed = copy(source)
    for name, value in cleaned.items():
        setattr(changed, name, value)
    return changed


def _is_fitting_secret(source: Source, ciphertext: bytes) -> bool:
    secret = decrypt_or_none(ciphertext)
    if secret is None:
        return False
    try:
        check_secret(get_signatures(source), secret)
    except UnfitSecret:
        return False
    return True


def _require_encryption_key() -> None:
    try:
        encryption.encrypt("")
    except encryption.NoEncryptionKey as error:
        raise ValidationError(str(error)) from None
