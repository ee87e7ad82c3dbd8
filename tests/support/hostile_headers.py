"""Headers that a stranger or a broken sender may send, those of signatures among them."""

from collections.abc import Callable

from hypothesis import strategies as st

NOT_A_SIGNATURE = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
MALFORMATIONS: dict[str, Callable[[str], str]] = {
    "empty": lambda value: "",
    "spaces": lambda value: "   ",
    "commas": lambda value: "," * 50,
    "cut short": lambda value: value[: len(value) // 2],
    "of another body": lambda value: NOT_A_SIGNATURE,
    "a version alone": lambda value: "v1,",
    "no version": lambda value: "v1",
    "another version": lambda value: f"v9{value[2:]}",
    "a bare timestamp": lambda value: "t=1,v1=",
    "two timestamps": lambda value: f"t=1,t=2,{value}",
    "a minus": lambda value: f"-{value}",
    "superscript digits": lambda value: "\xb9\xb2\xb3",
    "5,000 digits": lambda value: "9" * 5000,
    "an exponent": lambda value: "1e9",
    "not a number": lambda value: "NaN",
    "NUL": lambda value: f"\x00{value}",
    "bytes beyond ASCII": lambda value: f"\xff\xfe{value}",
    "60 kB": lambda value: NOT_A_SIGNATURE[:40] * 1500,
    "60 kB of signatures": lambda value: " ".join([NOT_A_SIGNATURE] * 1300),
}
"""Name -> function from the value of a signature's header to one that proves nothing."""

HEADER_NAMES = (
    "webhook-id webhook-timestamp webhook-signature X-Signature X-Webhook-Token Content-Type Content-Encoding"
    " Content-Length Transfer-Encoding Host User-Agent Authorization Cookie X-Forwarded-For Expect Date"
)


def header_sets() -> st.SearchStrategy[dict[str, str]]:
    """Return a strategy of headers. Their values are Latin-1, as a WSGI server decodes any bytes."""
    malformed = sorted({malform("1736937000") for malform in MALFORMATIONS.values()})
    odd = st.sampled_from([*malformed, "gzip", "identity", "chunked", "0", "41", "a\r\nX: y"])
    text = st.text(st.characters(max_codepoint=255), max_size=12)
    return st.dictionaries(st.sampled_from(HEADER_NAMES.split()), odd | text, max_size=5)
