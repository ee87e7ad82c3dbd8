"""The rule of a column that depends on other records: what is still open of a total. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Balance:
    """The rule of a column that holds how much of a record's total is still open.

    The record is the whole, and the records that refer to it and pay it off are its parts. Open is the total
    minus what is paid: the sum of the parts, or what the vendor says is paid, whichever is more. It is never
    below 0 nor above the total; 0 in one of `settled_statuses`; else null if the total is not known. A part
    counts unless it is deleted, or both sides state a currency and these differ: nobody knows the rate.

    total, paid, currency, status: columns of the whole; `paid` holds what the vendor says is paid.
    part_model: the name of the parts' model. part_whole, part_amount, part_currency: its columns;
        `part_whole` refers to the whole.
    """

    total: str
    paid: str
    currency: str
    status: str
    settled_statuses: frozenset[str]
    part_model: str
    part_whole: str
    part_amount: str
    part_currency: str
