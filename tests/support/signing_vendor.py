"""Vendors that exist for one test and sign in a given way, and how four real CRMs sign."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from entities.signature_language import BASIC_AUTHENTICATION, Signature
from events.models import Source
from events.sources.registry import create_source
from tests.support.third_vendor import MARIGOLD, NAME, temporary_vendor

HUBSPOT = Signature(
    "hmac-sha256",
    header="X-HubSpot-Signature-v3",
    signed="{method}{url}{body}{time}",
    encoding="base64",
    time="header:X-HubSpot-Request-Timestamp",
    time_unit="milliseconds",
    url_characters=":/?@!$'()*,;",
)
PIPEDRIVE = BASIC_AUTHENTICATION
CLOSE = Signature(
    "hmac-sha256",
    header="close-sig-hash",
    signed="{time}{body}",
    key_encoding="hex",
    time="header:close-sig-timestamp",
)
GOHIGHLEVEL = Signature(
    "ed25519",
    header="X-GHL-Signature",
    encoding="base64",
    time="body:timestamp",
    time_unit="iso8601",
    time_optional=True,
    public_key="MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg=",
)
BODY = b'{"type": "person.created", "at": 1736937000000, "object": {"uid": "p1", "shop": "s1"}}'


@contextmanager
def signing_vendor(*signatures: Signature) -> Iterator[None]:
    """Add a vendor that signs so while the context lasts."""
    text = MARIGOLD.replace("import TOKEN", "import Signature").replace("(TOKEN,)", repr(signatures))
    with TemporaryDirectory() as directory, temporary_vendor(Path(directory), text):
        yield


def create_signing_source(secret: str = "", slug: str = "acme") -> tuple[Source, str]:
    """Create a source of the vendor, without options; return it with its secret."""
    return create_source(slug, NAME, secret=secret)
