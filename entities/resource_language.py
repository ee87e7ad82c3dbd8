"""The language in which a vendor's module describes what its API lists: tables only, no behaviour.

A list of the API is a resource. Its rows are records, which are stored as events and read by an `Entity`, as
those of webhooks are. Everything in an answer is found by paths (`entities.reading.paths`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from entities.vendor_language import Entity


@dataclass(frozen=True)
class Paging:
    """The way in which the pages of a list follow each other.

    rows: the paths of the list of rows; `.` if the answer is the list.
    size_parameter, page_size: the query parameter for the rows of a page, and the most that it may ask for.
    cursor_parameter, next_cursor: the parameter that asks for the page at a cursor, and the paths of the
        next page's cursor; both empty for pages that have numbers.
    page_parameter, first_page: the parameter that asks for a page by its number.
    has_more: the paths of the flag that says whether there is another page; empty if a page without a next
        cursor, or with fewer rows than it may have, is the last one.
    total: the paths of the number of all rows; empty if the vendor does not say.
    """

    rows: str
    size_parameter: str = ""
    page_size: int = 100
    cursor_parameter: str = ""
    next_cursor: str = ""
    page_parameter: str = ""
    first_page: int = 1
    has_more: str = ""
    total: str = ""


@dataclass(frozen=True)
class Resource:
    """One list of a vendor's API.

    name: the list's name, which is part of its events' type: `fetched.deals`.
    path: below the API's base address.
    entity: how a row is read.
    changed: the paths of the row's time of last change; empty if rows have none.
    query: parameters of every request, such as the order.
    leaves_out: keys of a row that say nothing, because lists leave out what single records have.
    only: key -> the value of the rows that are read; others are left out.
    is_default: whether a load reads it if nobody says which lists.
    """

    name: str
    path: str
    entity: Entity
    paging: Paging
    changed: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    leaves_out: tuple[str, ...] = ()
    only: Mapping[str, str] = field(default_factory=dict)
    is_default: bool = True


@dataclass(frozen=True)
class WebhookOrder:
    """The request by which the mirror orders webhooks at a vendor.

    path: of the POST, below the API's base address. name, url, events: the keys of its body, for a name for
    people, the address to deliver to, and the list of event types. id, secret: their paths in the answer.
    """

    path: str
    name: str = "name"
    url: str = "url"
    events: str = "events"
    id: str = "id"
    secret: str = "secret"  # noqa: S105


@dataclass(frozen=True)
class Api:
    """A vendor's API, as far as a load needs it.

    base: the https address before the paths of the resources; only its host is asked.
    key_header, key_prefix: the header that carries the key, and the text before the key.
    limit, seconds: how many requests the vendor accepts within how many seconds, for one key.
    messages: the paths of the reason in an answer that refuses.
    ids: model -> prefix of its ids in the API -> their prefix in webhooks, where they differ.
    records: model -> the path of one record, with {id} in it: for each model of `ids`, so that a load can try
        on records that webhooks have brought whether `ids` is right.
    retry_hours: for how long the vendor goes on trying to deliver a webhook; 75 is what Standard Webhooks
        recommends.
    webhook_order: how webhooks are ordered; None if that has to be done by hand.
    """

    base: str
    resources: tuple[Resource, ...]
    key_header: str
    limit: int
    seconds: int
    key_prefix: str = ""
    messages: str = ""
    ids: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    records: Mapping[str, str] = field(default_factory=dict)
    retry_hours: int = 75
    webhook_order: WebhookOrder | None = None

    def find_resource(self, name: str) -> Resource | None:
        """Return the resource of this name, or None."""
        return next((resource for resource in self.resources if resource.name == name), None)


def listed(entity: Entity, *, without: str = "", **columns: str) -> Entity:
    """Return an entity of webhooks as a list's rows have it.

    without: columns, which spaces separate, that a list never writes: those of ids that it has otherwise.
    columns: column -> paths, in place of the webhooks'.
    """
    left = {name: words for name, words in entity.columns.items() if name not in without.split()}
    return replace(entity, columns=left | columns)
