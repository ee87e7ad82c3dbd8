"""What can go wrong with a request to a vendor's API. Each message is one line: what, and what to do."""


class ApiProblem(Exception):
    """A request has not given what it was made for. The message has no secret, and no value of a record."""


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
