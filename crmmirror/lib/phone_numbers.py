"""Phone numbers in any notation: finds those in a text, and reduces one to the digits that all of them share.

`+971 50 765 4321`, `00971507654321` and `(050) 765-4321` are one number, whose national digits are 507654321.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

import phonenumbers

# Digits of any script, and what people put between them.
PHONE_NUMBER = re.compile(r"[\d\s()+./\u2010-\u2015\u2212-]+")
NO_DIGIT = re.compile("[^0-9]+")
# What is found as a number in a text may be an extension, which has fewer digits.
MIN_FOUND_DIGITS = 4
# With fewer digits it is an extension or another number; with more, it is no phone number of any country.
MIN_DIGITS = 7
MAX_DIGITS = 20


def _read_digits(text: str) -> str:
    """Return the digits of a text that looks like a phone number, as 0 to 9; else an empty string."""
    if not PHONE_NUMBER.fullmatch(text):
        return ""
    digits = phonenumbers.normalize_digits_only(text)
    return digits if MIN_DIGITS <= len(digits) <= MAX_DIGITS else ""


def find_numbers(text: str) -> list[str]:
    """Return the digits of each number in a text, as 0 to 9, after its plus sign if it has one."""
    if not text.isascii():
        text = _strip_invisible(text)
    numbers = []
    for part in PHONE_NUMBER.findall(text):
        # Speed: workers read the phones of every record, and most have none but ASCII digits.
        digits = NO_DIGIT.sub("", part) if part.isascii() else phonenumbers.normalize_digits_only(part)
        if MIN_FOUND_DIGITS <= len(digits) <= MAX_DIGITS:
            numbers.append(f"+{digits}" if "+" in part else digits)
    return numbers


def national_endings(text: str, regions: Iterable[str]) -> set[str]:
    """Return the digits with which this phone number ends in every notation; empty if it is none.

    There are several if the regions read the number in different ways.

    regions: codes such as "AE", of the countries in which a number without a country code may be.
    """
    text = _strip_invisible(text)
    digits = _read_digits(text)
    if not digits:
        return set()
    endings = {ending for ending in _parsed_endings(text, digits, regions) if len(ending) >= MIN_DIGITS}
    return endings or {digits}


def dialled_number(text: str) -> str:
    """Return the digits of a phone number as they are dialled, after its plus sign; empty if it is none."""
    text = _strip_invisible(text)
    digits = _read_digits(text)
    return f"+{digits}" if digits and text.startswith("+") else digits


def international_number(text: str, region: str) -> str:
    """Return a phone number with its country code: +971507654321. Empty if it is none, or has no country.

    region: the code, such as AE, of the country of numbers without a country code; empty if none is known.
    """
    dialled = dialled_number(text)
    if not dialled:
        return ""
    has_country = dialled.startswith(("+", "00"))
    try:
        number = phonenumbers.parse(f"+{dialled.lstrip('+0')}" if has_country else dialled, region or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _parsed_endings(text: str, digits: str, regions: Iterable[str]) -> Iterator[str]:
    """Yield the number's national digits in each reading of it."""
    if "+" in text or digits.startswith("00"):
        yield from _parse(f"+{digits.lstrip('0')}", None)
        return
    # Without a region: the zero that is dialled within a country is no part of the national digits.
    yield digits.lstrip("0")
    yield from _parse(f"+{digits}", None)
    for region in regions:
        yield from _parse(text, region)


def _parse(text: str, region: str | None) -> Iterator[str]:
    """Yield the national digits, if the text is a number that may exist."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return
    if phonenumbers.is_possible_number(number):
        yield phonenumbers.national_significant_number(number)


def _strip_invisible(text: str) -> str:
    """Return the text without the marks of direction that are copied with a number from a page or a chat."""
    return "".join(char for char in text if unicodedata.category(char) != "Cf").strip()
