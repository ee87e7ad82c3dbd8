"""The signatures that a source accepts: its vendor's, or that of the scheme that it is set to."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Protocol, cast

from entities.signature_language import KEY_PAIR_ALGORITHMS, SCHEMES, Encoding, Signature
from entities.vendors import get_vendor
from events.models import Scheme

# Scheme -> the fields of a source that change the scheme's own signature.
SCHEME_OPTIONS: Mapping[str, frozenset[str]] = {
    Scheme.HMAC_SHA256: frozenset({"header", "prefix", "encoding"}),
    Scheme.HMAC_SHA256_TIMESTAMPED: frozenset({"header", "prefix", "encoding"}),
    Scheme.TOKEN: frozenset({"header", "prefix"}),
}


class SignatureSettings(Protocol):
    """The settings of a source by which its deliveries are signed. `events.models.Source` has them."""

    @property
    def vendor(self) -> str: ...
    @property
    def scheme(self) -> str: ...
    @property
    def header(self) -> str: ...
    @property
    def prefix(self) -> str: ...
    @property
    def encoding(self) -> str: ...


def get_signatures(source: SignatureSettings) -> tuple[Signature, ...]:
    """Return the signatures of which any proves a delivery of this source. Raises UnusableVendor."""
    if source.scheme == Scheme.VENDOR:
        return get_vendor(source.vendor).signatures
    return (_scheme_signature(source.scheme, source.header, source.prefix, source.encoding),)


def find_scheme(signatures: tuple[Signature, ...]) -> str:
    """Return the scheme of a new source whose vendor signs so: `vendor` if no scheme is just that."""
    return next((name for name, row in SCHEMES.items() if signatures == (row,)), Scheme.VENDOR)


def takes_secret(signature: Signature) -> bool:
    """Return True if a source has a secret for it: the vendor's key, or the account's own public key."""
    return signature.algorithm != "none" and not signature.public_key


def uses_secrets(source: SignatureSettings) -> bool:
    """Return True if the source needs a secret. Raises UnusableVendor."""
    return any(map(takes_secret, get_signatures(source)))


def uses_key_pair(source: SignatureSettings) -> bool:
    """Return True if the vendor signs with a private key of its own. Raises UnusableVendor."""
    return get_signatures(source)[0].algorithm in KEY_PAIR_ALGORITHMS


# Speed: a delivery must not make a new signature of each scheme with each source's options.
@lru_cache(maxsize=256)
def _scheme_signature(scheme: str, header: str, prefix: str, encoding: str) -> Signature:
    signature = SCHEMES[scheme]
    options = SCHEME_OPTIONS.get(scheme, frozenset())
    return replace(
        signature,
        header=(header if "header" in options else "") or signature.header,
        prefix=(prefix if "prefix" in options else "") or signature.prefix,
        encoding=cast(Encoding, encoding) if "encoding" in options else signature.encoding,
    )
