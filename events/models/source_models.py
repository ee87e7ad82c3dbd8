"""The tables of sources: accounts at vendors, and their secrets."""

import uuid

from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Now

from crmmirror.lib.currency_codes import validate_currency
from crmmirror.lib.time_zones import validate_time_zone
from crmmirror.lib.web.allowed_networks import validate_networks

MIB = 1024 * 1024
# A hundred years: PostgreSQL cannot count back much further from today than to the year 4713 BC.
MAX_KEEP_DAYS = 36_500
MAX_RECONCILE_DAYS = 366


class Scheme(models.TextChoices):
    """The signature schemes by which a source's deliveries prove where they come from.

    All but the last name one signature in `entities.signature_language.SCHEMES`, for any vendor.
    """

    STANDARD_WEBHOOKS = "standard-webhooks", "Standard Webhooks"
    HMAC_SHA256 = "hmac-sha256", "HMAC-SHA256 of the body"
    HMAC_SHA256_TIMESTAMPED = "hmac-sha256-timestamped", "HMAC-SHA256 with a signed timestamp"
    TOKEN = "token", "Static token in a header"
    BASIC = "basic", "HTTP basic authentication"
    NONE = "none", "Secret address only"
    VENDOR = "vendor", "As the vendor's module says"


class Encoding(models.TextChoices):
    """The encodings of a signature's bytes in a header."""

    HEX = "hex", "hexadecimal"
    BASE64 = "base64", "base64"


class Period(models.TextChoices):
    """The periods of a rate limit."""

    SECOND = "second", "a second"
    MINUTE = "minute", "a minute"


class Source(models.Model):
    """One account at one vendor, with the address to which the vendor delivers its events."""

    slug = models.SlugField(unique=True, max_length=100)
    label = models.TextField(
        blank=True,
        default="",
        db_default="",
        validators=[MaxLengthValidator(100)],
        help_text="The name that the admin shows in place of the slug.",
    )
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    vendor = models.TextField(help_text="The name of a module in entities/vendors.")
    scheme = models.TextField(choices=Scheme)
    header = models.TextField(blank=True, help_text="The header that carries the signature or token.")
    prefix = models.TextField(blank=True, help_text="The text before the signature, such as sha256=")
    encoding = models.TextField(choices=Encoding, default=Encoding.HEX)
    max_body_bytes = models.PositiveIntegerField(default=MIB, validators=[MinValueValidator(1)])
    rate_limit = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    rate_period = models.TextField(choices=Period, default=Period.SECOND, db_default=Period.SECOND)
    allowed_networks = models.TextField(
        blank=True,
        default="",
        db_default="",
        validators=[validate_networks],
        help_text="One network per line. Leave it empty to allow all.",
    )
    time_zone = models.TextField(
        blank=True,
        default="",
        db_default="",
        validators=[validate_time_zone],
        help_text="The time zone in which a date that is written in UTC is a day; UTC if empty.",
    )
    default_region = models.TextField(
        blank=True,
        default="",
        db_default="",
        validators=[
            RegexValidator(
                r"^[A-Z]{2}\Z", "write the two capital letters by which ISO 3166 has a country, such as AE"
            )
        ],
        help_text="The country of phone numbers without a country code.",
    )
    assumed_currency = models.TextField(
        blank=True,
        default="",
        db_default="",
        validators=[validate_currency],
        help_text="The currency of amounts for which the vendor states none.",
    )
    record_addresses = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="The addresses of records in the CRM, one kind of record a line.",
    )
    keep_days = models.IntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_KEEP_DAYS)],
        help_text="The days after which the bodies of applied and ignored events are removed for good."
        " Leave it empty to keep them for ever.",
    )
    reconcile_days = models.IntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_RECONCILE_DAYS)],
        help_text="The days after which the vendor's lists are compared with the mirror again. Leave it empty"
        " to compare only on demand.",
    )
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.label or self.slug


class SourceSecret(models.Model):
    """A secret of a source, encrypted at rest; several may be active at once."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="secrets")
    ciphertext = models.BinaryField()
    is_trial = models.BooleanField(
        default=False,
        db_default=False,
        help_text="A private key with which the mirror signs what the vendor would sign with its own.",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"secret {self.pk} of {self.source_id}"
