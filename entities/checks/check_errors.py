"""The errors of the checks, with a hint of what to write instead."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches

from django.core import checks
from django.core.checks import CheckMessage, Error

Errors = Iterator[CheckMessage]


def make_error(code: str, place: str, reason: str, hint: str) -> Error:
    """Return an error with the id `entities.<code>`. place: the module or model that is wrong."""
    return Error(reason, hint=hint, obj=place, id=f"entities.{code}")


def make_warning(code: str, place: str, reason: str, hint: str) -> CheckMessage:
    """Return a warning with the id `entities.<code>`. place: the module that may be wrong."""
    return checks.Warning(reason, hint=hint, obj=place, id=f"entities.{code}")


def suggest(word: str, known: Collection[str]) -> str:
    """Return a hint that lists the words that may be written, those that look like `word` first."""
    close = get_close_matches(word, known, len(known)) if known else []
    rest = sorted(set(known) - set(close))
    return f"Write one of: {', '.join([*close, *rest]) or 'none, there is none'}."
