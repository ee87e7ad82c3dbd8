"""Answers of a vendor's API, and what can go wrong with a request. A message is one line."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Answer:
    """An answer. headers: by their names in lower case. sent_at: when the request was sent, by our clock.

    seconds: how long the answer took.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    sent_at: datetime
    seconds: float = 0.0


class ApiProblem(Exception):
    """A request has not given what it was made for. The message has no secret, and no value of a record.

    answer: the one that is no use; None if there was none.
    """

    answer: Answer | None = None


class KeyRefused(ApiProblem):
    """The vendor does not accept the key: no list can be read with it."""


class ListRefused(ApiProblem):
    """This list cannot be read; others perhaps can."""


class CursorRefused(ApiProblem):
    """The vendor does not accept the cursor any more: the list has to be begun again."""


class Unavailable(ApiProblem):
    """The vendor does not answer, or answers with an error of its own: try later."""


class Throttled(ApiProblem):
    """The vendor asks to wait. seconds: for how long; None if it does not say."""

    def __init__(self, message: str, seconds: float | None) -> None:
        super().__init__(message)
        self.seconds = seconds


@contextmanager
def attach_answer(answer: Answer) -> Iterator[None]:
    """Give a problem that the block raises its answer, whose headers say how long to wait."""
    try:
        yield
    except ApiProblem as problem:
        problem.answer = answer
        raise
