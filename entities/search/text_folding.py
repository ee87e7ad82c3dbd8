"""Folds texts for the search: José, JOSÉ and a decomposed José are all "jose". Pure."""

import re
import unicodedata
from typing import Final

# Letters that Unicode does not decompose into a letter and a mark.
LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "\u0131": "i"}
    | {"æ": "ae", "œ": "oe", "þ": "th"}
)
# What is left out: marks that combine with a letter, and format characters such as marks of direction.
LEFT_OUT: Final = frozenset({"Mn", "Mc", "Me", "Cf"})
# An unbroken series of letters and digits.
WORD: Final = re.compile(r"[^\W_]+")
# Longer ones are cut, in keys and in questions alike. PostgreSQL refuses a lexeme of 2 kB.
MAX_WORD_LENGTH: Final = 60


def fold(text: str) -> str:
    """Return the text without case, accents, combining marks and format characters; digits as 0 to 9."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(map(_fold_character, decomposed)).translate(LETTERS)


def split_words(text: str) -> list[str]:
    """Return the folded words of a text: split at everything that is neither a letter nor a digit."""
    return [word[:MAX_WORD_LENGTH] for word in WORD.findall(fold(text))]


def _fold_character(character: str) -> str:
    category = unicodedata.category(character)
    if category in LEFT_OUT:
        return ""
    return str(unicodedata.decimal(character)) if category == "Nd" else character
