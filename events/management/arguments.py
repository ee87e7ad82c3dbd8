"""What the commands' arguments may be."""

from argparse import ArgumentTypeError
from typing import Any


def positive_number(number: type[int] | type[float]) -> Any:
    """An argument's type: a finite number above zero."""

    def parse(text: str) -> int | float:
        try:
            value = number(text)
        except ValueError:
            value = number(0)
        if not 0 < value < float("inf"):
            raise ArgumentTypeError(f"{text!r} is no number above zero")
        return value

    return parse
