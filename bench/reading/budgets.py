"""The budgets of pages, searches and addresses of the API, on a mirror of a million events."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """The limits of an answer: milliseconds, and queries."""

    milliseconds: int
    queries: int


# Kind of address -> its budget. Those without "API" are pages of the admin.
BUDGETS = {
    "overview": Budget(500, 25),
    "search page": Budget(150, 25),
    "list": Budget(300, 12),
    "record page": Budget(300, 15),
    "API search": Budget(150, 25),
    "API page": Budget(150, 12),
    "API page of 500": Budget(300, 12),
    "API record": Budget(150, 12),
    "API history of one": Budget(150, 15),
    "API changes": Budget(300, 25),
    "API summary": Budget(500, 12),
    "API runs of stages": Budget(3000, 12),
}
