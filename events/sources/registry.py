"""Creates, validates and finds sources by their slug."""

import re

from django.core.exceptions import ValidationError
from django.db import transaction

from entities import vendors
from events.models import Source, SourceSecret
from events.signatures import SCHEMES, SignatureScheme, UnfitSecret
from events.sources.encryption import encrypt

# RFC 9110, 5.6.2: a header's name is a token; 5.5: its value, if it is to be trusted, is ASCII.
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HEADER_VALUE_START = re.compile(r"([!-~][ -~]*)?")
# The fields of a source that adapt its signature scheme.
SIGNATURE_OPTIONS = ("header", "prefix", "encoding")


class UnknownSource(LookupError):
    """No source has that slug; the message names some that there are."""


def get_source(slug: str) -> Source:
    """Return the source of that slug, active or not. Raises UnknownSource."""
    source = Source.objects.filter(slug=slug).first()
    if source is None:
        known = ", ".join(Source.objects.values_list("slug", flat=True)[:10])
        raise UnknownSource(f"there is no source {slug!r}; there are: {known or 'none'}")
    return source


def create_source(
    slug: str, vendor: str, scheme: str = "", secret: str = "", **options: str
) -> tuple[Source, str]:
    """Create a source. Return it with its secret: a new one unless given; empty if the scheme has none.

    scheme: the vendor's if empty. options: of SIGNATURE_OPTIONS, those that differ from the scheme's own.
    Raises ValidationError, and events.sources.encryption.NoEncryptionKey.
    """
    source = Source(slug=slug, vendor=vendor, scheme=scheme or default_scheme(vendor))
    for name, value in options.items():
        setattr(source, name, value)
    validate_source(source, frozenset(options))
    secret = check_or_make_secret(SCHEMES[source.scheme], secret)
    with transaction.atomic():
        source.save(force_insert=True)
        if secret:
            SourceSecret.objects.create(source=source, ciphertext=encrypt(secret))
    return source, secret


def default_scheme(vendor: str) -> str:
    """Return the signature scheme of a vendor's new source. Raises ValidationError for an unknown vendor."""
    try:
        return vendors.get_vendor(vendor).scheme
    except vendors.UnknownVendor as error:
        raise ValidationError({"vendor": str(error)}) from None


def validate_source(source: Source, options: frozenset[str]) -> None:
    """Check a source before it is saved. options: names of SIGNATURE_OPTIONS that were set.

    Raises ValidationError with all that is wrong, by field.
    """
    default_scheme(source.vendor)
    source.full_clean()
    unused = options - SCHEMES[source.scheme].options
    if unused:
        raise ValidationError(dict.fromkeys(sorted(unused), f"is not used by the scheme {source.scheme}"))
    if source.header and not HEADER_NAME.fullmatch(source.header):
        raise ValidationError({"header": f"{source.header!r} is not a header name"})
    if not HEADER_VALUE_START.fullmatch(source.prefix):
        raise ValidationError({"prefix": "is not printable ASCII, or begins with a space"})


def check_or_make_secret(scheme: SignatureScheme, secret: str) -> str:
    """Return the secret if the scheme can use it; a new one if it is empty. Raises ValidationError."""
    if not secret:
        return scheme.new_secret() if scheme.new_secret else ""
    try:
        scheme.check_secret(secret)
    except UnfitSecret as error:
        raise ValidationError({"secret": str(error)}) from None
    return secret


def one_line_message(error: ValidationError) -> str:
    """Join the messages of a ValidationError that names its fields, as all that are raised here do."""
    return " ".join(f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items())
