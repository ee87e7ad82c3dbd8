"""Sources: creating one with its secret, and finding the one that an address belongs to."""

import re
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from entities import vendors
from events import secrets
from events.limits import OF_SOURCE
from events.models import Allowance, Source, SourceSecret
from events.signatures import SCHEMES, SchemeRules, UnfitSecret

# RFC 9110, 5.6.2: a header's name is a token; 5.5: its value, where it is to be trusted, is ASCII.
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE_START = re.compile(r"([!-~][ -~]*)?")
# What a source may say of how its scheme signs.
OPTIONS = ("header", "prefix", "encoding")

SECRETS = f"""
    FROM {SourceSecret._meta.db_table} AS secret
    WHERE secret.source_id = source.id AND (expires_at IS NULL OR expires_at > statement_timestamp())
"""
# Another one after any change of the source or of which secrets are active.
VERSION = f"(source.xmin, ARRAY(SELECT secret.id {SECRETS} ORDER BY secret.id))::text"
FIND = f"""
    SELECT id, slug, vendor, scheme, header, prefix, encoding, max_body_bytes, allowed_networks,
        rate_limit, rate_period, extract(epoch FROM spent_until - clock_timestamp())::float,
        ARRAY(SELECT ciphertext {SECRETS} ORDER BY created_at DESC, id DESC), {VERSION}
    FROM {Source._meta.db_table} AS source
    LEFT JOIN {Allowance._meta.db_table} ON rate_limit > 0 AND key = '{OF_SOURCE}' || source.id
    WHERE uuid = %s AND active
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Addressee:
    """An active source as the endpoint needs it.

    spent_seconds: until its rate limit is used up, from now; None where nothing is.
    ciphertexts: its active secrets, newest first. version: another one after any change of all this.
    """

    id: int
    slug: str
    vendor: str
    scheme: str
    header: str
    prefix: str
    encoding: str
    max_body_bytes: int
    allowed_networks: str
    rate_limit: int | None
    rate_period: str
    spent_seconds: float | None
    ciphertexts: list[bytes]
    version: str

    def secrets(self) -> list[str]:
        """Raises events.secrets.NoEncryptionKey."""
        return [secrets.decrypt(ciphertext) for ciphertext in self.ciphertexts]


_known: dict[UUID, Addressee] = {}


def at_address(uuid: UUID) -> Addressee | None:
    """The active source of that address and its active secrets, in one round trip."""
    with connection.cursor() as cursor:
        cursor.execute(FIND, (uuid,))
        row = cursor.fetchone()
    _known.pop(uuid, None)
    if row is None:
        return None
    addressee = Addressee(*row)
    if not addressee.rate_limit:
        _known[uuid] = addressee
    return addressee


def remembered(uuid: UUID) -> Addressee | None:
    """What `at_address` last found there, in this process, without a round trip.

    It may have changed since: who relies on it has its `version` confirmed (`intake.store`).
    """
    return _known.get(uuid)


class UnknownSource(LookupError):
    """No source has that slug; the message names some that there are."""


def named(slug: str) -> Source:
    """The source of that slug, active or not. Raises UnknownSource."""
    source = Source.objects.filter(slug=slug).first()
    if source is None:
        known = ", ".join(Source.objects.values_list("slug", flat=True)[:10])
        raise UnknownSource(f"there is no source {slug!r}; there are: {known or 'none'}")
    return source


def create(slug: str, vendor: str, scheme: str = "", secret: str = "", **options: str) -> tuple[Source, str]:
    """A new source and its secret, a fresh one unless given; empty where the scheme has none.

    scheme: the vendor's where empty. options: those of OPTIONS that are not
    the scheme's own. Raises ValidationError, and events.secrets.NoEncryptionKey.
    """
    source = Source(slug=slug, vendor=vendor, scheme=scheme or default_scheme(vendor))
    for name, value in options.items():
        setattr(source, name, value)
    validate(source, frozenset(options))
    secret = fitting_secret(SCHEMES[source.scheme], secret)
    with transaction.atomic():
        source.save(force_insert=True)
        if secret:
            SourceSecret.objects.create(source=source, ciphertext=secrets.encrypt(secret))
    return source, secret


def default_scheme(vendor: str) -> str:
    """Raises ValidationError."""
    try:
        return vendors.get(vendor).scheme
    except vendors.UnknownVendor as error:
        raise ValidationError({"vendor": str(error)}) from None


def validate(source: Source, options: frozenset[str]) -> None:
    """Raises ValidationError with all that is wrong with the source; options: those that were set."""
    default_scheme(source.vendor)
    source.full_clean()
    idle = options - SCHEMES[source.scheme].options
    if idle:
        raise ValidationError(dict.fromkeys(sorted(idle), f"means nothing to the scheme {source.scheme}"))
    if source.header and not HEADER_NAME.fullmatch(source.header):
        raise ValidationError({"header": f"{source.header!r} is no header name"})
    if not VALUE_START.fullmatch(source.prefix):
        raise ValidationError({"prefix": "is not printable ASCII, or begins with a space"})


def fitting_secret(rules: SchemeRules, secret: str) -> str:
    """The secret, if it fits; a new one if empty. Raises ValidationError."""
    if not secret:
        return rules.new_secret() if rules.new_secret else ""
    try:
        rules.check_secret(secret)
    except UnfitSecret as error:
        raise ValidationError({"secret": str(error)}) from None
    return secret


def in_one_line(error: ValidationError) -> str:
    """One that names its fields, as all that are raised here do."""
    return " ".join(f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items())
