"""The kinds of searched column: by which keys a record is found through the column."""

from enum import StrEnum


class KeyKind(StrEnum):
    """The ways in which people search for the values of a column.

    WORDS: by the beginnings of their words, such as a name's.
    EMAIL: by the whole address, or by words of it.
    PHONE: by the number in any notation, or its last digits.
    ADDRESS: an email address or a phone number.
    NUMBER: by the whole (`INV-437007`), its digits, or the beginnings of its words.
    """

    WORDS = "words"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    NUMBER = "number"

    @property
    def has_former_values(self) -> bool:
        """Return True if a record is found by the values that the column had before, too."""
        return self in (KeyKind.EMAIL, KeyKind.PHONE, KeyKind.ADDRESS)
