"""The language in which a vendor's module says how the vendor signs: tables only, no behaviour.

A vendor has one `Signature`, or several of which any is enough. `events.signatures` verifies and signs by
them, `entities.checks` checks them. The constants at the end are the schemes that a source may be set to, if
its account signs otherwise than the vendor's module says.

What is signed is a template: text, and these parts in braces.

| part | stands for |
| --- | --- |
| `{body}` | the bytes of the body |
| `{method}` | the method, which is POST |
| `{url}` | the public address as the vendor calls it, with the query (`events.sources.public_address`) |
| `{time}` | the time, as it is written where `Signature.time` says |
| `{header:NAME}` | the value of a header |
| `{body:PATH}` | a value of the body |
| `{secret}` | the secret: for `sha256`, which has no key |

A path leads into the body: keys joined by dots; a number counts into a list.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Algorithm = Literal[
    "hmac-sha256", "hmac-sha1", "hmac-sha512", "sha256", "ed25519", "rsa-sha256", "equal", "basic", "none"
]
Encoding = Literal["hex", "base64", "text"]
TimeUnit = Literal["seconds", "milliseconds", "iso8601"]

# The algorithms by which a vendor signs with a private key of its own. Its public key verifies.
KEY_PAIR_ALGORITHMS: Final = frozenset({"ed25519", "rsa-sha256"})
# The algorithms that send the secret itself.
SECRET_ALGORITHMS: Final = frozenset({"equal", "basic"})
WINDOW_SECONDS: Final = 5 * 60
# Splits a template into texts and parts, which alternate; a text is first.
TEMPLATE_PART: Final = re.compile(r"\{([^{}]*)\}")
IN_HEADER: Final = "header:"
IN_BODY: Final = "body:"
IN_ITEM: Final = "item:"
# The parts of a template that are single words.
TEMPLATE_WORDS: Final = frozenset({"body", "method", "url", "time", "secret"})


@dataclass(frozen=True)
class Signature:
    """One way in which a vendor proves that a delivery comes from it.

    algorithm: `equal` sends the secret itself, `basic` sends it as the name:password of HTTP basic
        authentication, `none` sends nothing: the address is the secret.
    header, body_path: where the signature stands, one of the two; `none` has neither.
    signed: the template of what is signed; see above.
    prefix: what stands before the signature in its header, such as `sha256=`.
    separator: what is between several signatures in one header; empty if there is only one.
    item_prefix: what stands before each of several, such as `v1,`; others are passed over.
    encoding: how the signature's bytes are written; `text` is for `equal` only.
    key_encoding: how the secret stands for the bytes of the key. key_prefix: what stands before it.
    time: where the time stands: `header:NAME`, `body:PATH`, or `item:PREFIX` if it is one of the items of
        the signature's header, such as `item:t=`; empty if no time is signed.
    time_unit: how it is written; a time without a zone is in UTC.
    time_optional: whether a body without a time is taken: for a time in a body that is signed whole.
    window_seconds: how far the time may be from now, in either direction.
    public_key: the one that the vendor publishes, as PEM or as base64 of its SubjectPublicKeyInfo. If it is
        empty, an algorithm with a key pair takes the public key of the account as the source's secret.
    url_characters: the characters that the vendor signs in the URL as they are, where it calls the URL with
        them percent-encoded.
    """

    algorithm: Algorithm
    header: str = ""
    body_path: str = ""
    signed: str = "{body}"
    prefix: str = ""
    separator: str = ""
    item_prefix: str = ""
    encoding: Encoding = "hex"
    key_encoding: Encoding = "text"
    key_prefix: str = ""
    time: str = ""
    time_unit: TimeUnit = "seconds"
    time_optional: bool = False
    window_seconds: int = WINDOW_SECONDS
    public_key: str = ""
    url_characters: str = ""


# Specification: https://github.com/standard-webhooks/standard-webhooks
STANDARD_WEBHOOKS: Final = Signature(
    "hmac-sha256",
    header="webhook-signature",
    signed="{header:webhook-id}.{time}.{body}",
    separator=" ",
    item_prefix="v1,",
    encoding="base64",
    key_encoding="base64",
    key_prefix="whsec_",
    time="header:webhook-timestamp",
)
HMAC_SHA256: Final = Signature("hmac-sha256", header="X-Signature")
HMAC_SHA256_TIMESTAMPED: Final = Signature(
    "hmac-sha256",
    header="X-Signature",
    signed="{time}.{body}",
    separator=",",
    item_prefix="v1=",
    time="item:t=",
)
TOKEN: Final = Signature("equal", header="X-Webhook-Token", encoding="text")
BASIC_AUTHENTICATION: Final = Signature("basic", header="Authorization", prefix="Basic ", encoding="base64")
SECRET_ADDRESS: Final = Signature("none")

# Scheme of a source (`events.models.Scheme`) -> the signature that it names.
SCHEMES: Final[Mapping[str, Signature]] = {
    "standard-webhooks": STANDARD_WEBHOOKS,
    "hmac-sha256": HMAC_SHA256,
    "hmac-sha256-timestamped": HMAC_SHA256_TIMESTAMPED,
    "token": TOKEN,
    "basic": BASIC_AUTHENTICATION,
    "none": SECRET_ADDRESS,
}
