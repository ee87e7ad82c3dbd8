"""The registry of sources: finds them by slug, validates and creates them."""

import re

from django.core.exceptions import ValidationError
from django.db import transaction

from entities import vendors
from entities.record_addresses import find_slips
from events.models import Source, SourceSecret
from events.signatures import UnfitSecret
from events.signatures.secret_keys import check_secret, make_secret
from events.signatures.signature_rows import SCHEME_OPTIONS, find_scheme, get_signatures, takes_secret
from events.sources.encryption import encrypt

# RFC 9110, 5.6.2: a header's name is a token; 5.5: only ASCII values pass all servers and proxies unchanged.
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HEADER_VALUE_START = re.compile(r"([!-~][ -~]*)?")
# The fields of a source that adapt its signature scheme; each scheme uses some of them.
SIGNATURE_OPTIONS = ("header", "prefix", "encoding")
# The fields of a source that say how the values in its events are read and shown.
READING_OPTIONS = ("time_zone", "default_region", "assumed_currency")
# The fields of a source that say how long its events are kept whole.
RETENTION_OPTIONS = ("keep_days",)


class UnknownSource(LookupError):
    """No source has that slug; the message lists existing ones."""


def get_source(slug: str) -> Source:
    """Return the source with that slug, active or not. Raises UnknownSource."""
    source = Source.objects.filter(slug=slug).first()
    if source is None:
        known = ", ".join(Source.objects.values_list("slug", flat=True)[:10])
        raise UnknownSource(f"there is no source {slug!r}; there are: {known or 'none'}")
    return source


def create_source(
    slug: str, vendor: str, scheme: str = "", secret: str = "", **options: str | int
) -> tuple[Source, str]:
    """Create a source; return it with its secret, which is empty if the scheme has none.

    scheme: the vendor's own if empty. secret: a new one is made if empty.
    options: values of SIGNATURE_OPTIONS that differ from the scheme's defaults, of READING_OPTIONS and of
        RETENTION_OPTIONS.
    Raises ValidationError and events.sources.encryption.NoEncryptionKey.
    """
    source = Source(slug=slug, vendor=vendor, scheme=scheme or default_scheme(vendor))
    for name, value in options.items():
        setattr(source, name, value)
    validate_source(source, frozenset(options).intersection(SIGNATURE_OPTIONS))
    secret = check_or_make_secret(source, secret)
    with transaction.atomic():
        source.save(force_insert=True)
        if secret:
            SourceSecret.objects.create(source=source, ciphertext=encrypt(secret))
    return source, secret


def default_scheme(vendor: str) -> str:
    """Return the scheme of a new source of a vendor. Raises ValidationError if the vendor is unknown."""
    try:
        return find_scheme(vendors.get_vendor(vendor).signatures)
    except vendors.UnknownVendor as error:
        raise ValidationError({"vendor": str(error)}) from None


def validate_source(source: Source, options: frozenset[str]) -> None:
    """Check a source before it is saved. Raises ValidationError, whose messages are by field.

    options: the names of SIGNATURE_OPTIONS that were set.
    """
    default_scheme(source.vendor)
    source.full_clean()
    unused = options - SCHEME_OPTIONS.get(source.scheme, frozenset())
    if unused:
        raise ValidationError(dict.fromkeys(sorted(unused), f"is not used by the scheme {source.scheme}"))
    if source.header and not HEADER_NAME.fullmatch(source.header):
        raise ValidationError({"header": f"{source.header!r} is not a header name"})
    if not HEADER_VALUE_START.fullmatch(source.prefix):
        raise ValidationError({"prefix": "is not printable ASCII, or begins with a space"})
    if slips := list(find_slips(source.record_addresses)):
        raise ValidationError({"record_addresses": slips})


def check_or_make_secret(source: Source, secret: str) -> str:
    """Return the secret if the source can use it, or a new one if it is empty. Raises ValidationError.

    Empty is also what is returned if the source takes no secret.
    """
    signatures = get_signatures(source)
    if not secret:
        new = make_secret(signatures)
        if not new and any(map(takes_secret, signatures)):
            raise ValidationError({"secret": "enter the public key that the vendor shows for the account"})
        return new
    try:
        check_secret(signatures, secret)
    except UnfitSecret as error:
        raise ValidationError({"secret": str(error)}) from None
    return secret


def one_line_message(error: ValidationError) -> str:
    """Join the messages of a ValidationError into one line. All that this module raises have fields."""
    return " ".join(f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items())
