"""The table of who may open which address: docs/security.md shows it, and the tests go through it."""

from dataclasses import dataclass

ROLES = ("Viewer", "Operator", "Administrator")


@dataclass(frozen=True)
class Access:
    """A line of the table.

    what: in words of the document. roles: those that may. addresses: with {deal}, {event}, {source} and
    {user} in place of ids.
    """

    what: str
    roles: tuple[str, ...]
    addresses: tuple[str, ...]

    def to_markdown(self) -> str:
        cells = [self.what, *("yes" if role in self.roles else "no" for role in ROLES)]
        return f"| {' | '.join(cells)} |"


OPERATORS = ("Operator", "Administrator")
MATRIX = (
    Access(
        "the first page, one's own password, second factor, time zone and saved views, the API's root",
        ROLES,
        (
            "/admin/",
            "/admin/password_change/",
            "/admin/second-factor/",
            "/admin/time-zone/",
            "/admin/views/",
            "/api/v1/",
        ),
    ),
    Access(
        "records: lists, pages, timelines, conversations, API",
        ROLES,
        (
            "/admin/conversations/",
            "/admin/entities/deal/",
            "/admin/entities/deal/{deal}/change/",
            "/admin/entities/deal/{deal}/timeline/",
            "/admin/entities/deal/{deal}/value/?field=title",
            "/admin/entities/subaccount/",
            "/admin/agenda/",
            "/admin/board/",
            "/admin/overdue/",
            "/api/v1/deals/",
            "/api/v1/deals/{deal}/",
            "/api/v1/deals/{deal}/timeline/",
            "/api/v1/deals/{deal}/history/",
            "/api/v1/deals/{deal}/provenance/",
            "/api/v1/sub-accounts/",
            "/api/v1/history/?entity=deal",
            "/api/v1/deals/summary/",
            "/api/v1/deals/funnel/",
            "/api/v1/deals/time-in-stage/",
            "/api/v1/changes/",
            "/api/v1/changes/digest/?entity=deal",
        ),
    ),
    Access(
        "the log: events with their bodies, failed events, drift, API, `/metrics`",
        OPERATORS,
        (
            "/admin/events/event/",
            "/admin/events/event/{event}/change/",
            "/admin/events/event/{event}/raw/",
            "/admin/events/event/failed/",
            "/admin/events/event/drift/",
            "/admin/events/event/applied-again/",
            "/api/v1/events/",
            "/api/v1/events/{event}/",
            "/metrics",
        ),
    ),
    Access("apply events again", OPERATORS, ("/admin/events/event/apply-all-again/",)),
    Access(
        "sources and refused deliveries: view, API",
        OPERATORS,
        (
            "/admin/events/source/",
            "/admin/events/source/{source}/change/",
            "/admin/events/source/{source}/load/",
            "/admin/events/source/{source}/reconcile/",
            "/admin/events/refusal/",
            "/api/v1/sources/",
        ),
    ),
    Access(
        "sources: add, change, rotate secrets, load from the API",
        OPERATORS,
        ("/admin/events/source/add/", "/admin/events/source/{source}/rotate/"),
    ),
    Access("names and their order", ("Administrator",), ("/admin/entities/name/",)),
    Access(
        "users, roles, API tokens",
        ("Administrator",),
        (
            "/admin/auth/user/",
            "/admin/auth/user/add/",
            "/admin/auth/user/{user}/change/",
            "/admin/auth/user/{user}/password/",
            "/admin/second-factor/{user}/remove/",
            "/admin/auth/group/",
            "/admin/auth/group/add/",
            "/admin/entities/apitoken/",
            "/admin/entities/apitoken/add/",
        ),
    ),
    Access("export and erase a person", ("Administrator",), ("/admin/person/client/{client}/",)),
)
