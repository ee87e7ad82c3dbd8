"""Asks for the first page of each list, and stores nothing: finds out whether a load would work."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from entities.resource_language import Resource
from events.api_client.api_access import Access, open_access
from events.api_client.budget import BudgetSpent, reserve_request, settle_request
from events.api_client.problems import Answer, ApiProblem, attach_answer
from events.loading.list_pages import make_query, read_page
from events.loading.listed_rows import read_row_id
from events.loading.load_states import require_access
from events.models import Source


@dataclass(frozen=True)
class ListTrial:
    """The first page of a list. rows, bad: how many rows it has, and how many of them have no id.

    problem: why it cannot be read; else empty.
    """

    resource: str
    rows: int = 0
    bad: int = 0
    has_more: bool = False
    problem: str = ""


def try_lists(source: Source, names: Sequence[str]) -> Iterator[ListTrial]:
    """Yield what the first page of each list has. Raises LoadRefused, UnfitApiKey and NoEncryptionKey."""
    access = open_access(require_access(source))
    for name in names:
        resource = access.api.find_resource(name)
        if resource is not None:
            yield _try_list(source, access, resource)


def _try_list(source: Source, access: Access, resource: Resource) -> ListTrial:
    answer: Answer | None = None
    try:
        reservation = reserve_request(access.key_digest, access.api)
    except BudgetSpent as spent:
        return ListTrial(resource.name, problem=f"{spent} Try again at {spent.until:%H:%M:%S} UTC.")
    try:
        answer = access.send(resource.path, make_query(resource, ""))
        with attach_answer(answer):
            page = read_page(resource, access.read(answer), "")
    except ApiProblem as problem:
        return ListTrial(resource.name, problem=str(problem))
    finally:
        settle_request(reservation, access.api, answer)
    bad = sum(read_row_id(source, resource, row) is None for row in page.rows)
    return ListTrial(resource.name, len(page.rows), bad, page.next_cursor is not None)
