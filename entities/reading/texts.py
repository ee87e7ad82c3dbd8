"""Texts as columns hold them: Unicode NFC, without invisible characters at either end. Pure."""

import unicodedata
from typing import Any

# White space, the byte order mark, and the marks that turn the direction of text around them. Phone numbers
# and names that are copied out of a right-to-left document carry such marks at their ends, and are then not
# found by what people type. Inside a text they stay: there they may matter.
WHITE_SPACE = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
DIRECTION_MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
STRIPPED = WHITE_SPACE + "\ufeff" + DIRECTION_MARKS
STRIPPED_CHARACTERS = frozenset(STRIPPED)


def normalize_text(text: str) -> str:
    """Return the text in Unicode NFC, without white space and such marks at either end."""
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFC", text.strip(STRIPPED)).strip(STRIPPED)


def is_blank(value: Any) -> bool:
    """Return True for null, and for a text of which nothing is left: so vendors say "cleared"."""
    if value is None:
        return True
    # Speed: nearly every text begins with a character that stays, and need not be stripped to tell.
    return isinstance(value, str) and (
        not value or (value[0] in STRIPPED_CHARACTERS and not value.strip(STRIPPED))
    )
