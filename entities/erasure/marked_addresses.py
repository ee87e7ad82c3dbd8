"""Email addresses and phone numbers in any JSON value or text, in the form in which they are marked. Pure."""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from crmmirror.lib.phone_numbers import find_numbers, national_endings
from entities.search.text_folding import fold

EMAIL: Final = "email"
PHONE: Final = "phone"

EMAIL_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+")
PHONE_RUN = re.compile(r"\d[\d\s()+./\u2010-\u2015\u2212-]{6,}\d")
NO_DIGIT = re.compile(r"\D+")
# National digits by which a number is known. Of fewer, too many numbers of other things end with the same.
MIN_DIGITS: Final = 8
MAX_DIGITS: Final = 12
# A longer run of digits is several numbers, or one within something else.
MAX_DIGITS_OF_NUMBER: Final = 15
# Of one run. Nobody writes so many numbers one after another, and each part of them is looked up.
MAX_DIGITS_OF_RUN: Final = 200


class Address(NamedTuple):
    """An address in the form in which it is marked: a folded email, or the national digits of a phone."""

    kind: str
    text: str


def read_addresses(value: str, region: str = "") -> set[Address]:
    """Return the addresses that a value of a person's record holds, each as it is marked.

    region: the code, such as AE, of the country of numbers without a country code; empty if none is known.
    """
    emails = {Address(EMAIL, email) for email in _find_emails(value)}
    if emails:
        return emails
    endings = {
        ending
        for number in find_numbers(value)
        for ending in national_endings(number, [region] if region else [])
    }
    return {Address(PHONE, ending) for ending in endings if MIN_DIGITS <= len(ending) <= MAX_DIGITS}


def find_possible_addresses(text: str) -> set[Address]:
    """Return every address that may stand in a text: of a number each of its possible endings."""
    found = {Address(EMAIL, email) for email in _find_emails(text)}
    for run in PHONE_RUN.findall(text):
        found.update(Address(PHONE, ending) for ending in _possible_endings(fold(NO_DIGIT.sub("", run))))
    return found


def find_in_value(value: Any) -> set[Address]:
    """Return every address that may stand in a JSON value, also in keys of its objects."""
    found: set[Address] = set()
    for text in iterate_texts(value):
        found |= find_possible_addresses(text)
    return found


def iterate_texts(value: Any) -> Iterator[str]:
    """Yield every text and number in a JSON value, as text, and every key."""
    level = [value]
    while level:
        one = level.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            level += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple):
            level += one
        elif one is not None and not isinstance(one, bool):
            yield str(one)


def _find_emails(text: str) -> Iterator[str]:
    if "@" in text:
        for email in EMAIL_ADDRESS.findall(fold(text)):
            name, _, host = email.strip(".+-").rpartition("@")
            if name and host:
                yield f"{name}@{host}"


def _possible_endings(digits: str) -> Iterator[str]:
    digits = digits[:MAX_DIGITS_OF_RUN]
    first_end = len(digits) if len(digits) <= MAX_DIGITS_OF_NUMBER else MIN_DIGITS
    for end in range(first_end, len(digits) + 1):
        for length in range(MIN_DIGITS, min(MAX_DIGITS, end) + 1):
            yield digits[end - length : end]
