"""Types of command arguments, for argparse."""

from argparse import ArgumentTypeError
from typing import Any


def positive_number(number_type: type[int] | type[float]) -> Any:
    """Return an argument type that parses a finite number above zero. It raises ArgumentTypeError."""

    def parse(text: str) -> int | float:
        try:
            value = number_type(text)
        except ValueError:
            value = number_type(0)
        if not 0 < value < float("inf"):
            raise ArgumentTypeError(f"{text!r} is not a number above zero")
        return value

    return parse
