"""The events that somebody sees, for the reports that are SQL statements."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet

from entities.access.visibility import Visibility, narrow
from events.models import Event


@dataclass(frozen=True)
class VisibleEvents:
    """The SQL condition, to follow an event's id, that narrows a statement to the events that a viewer sees.

    parameters: the named ones of `condition`.
    """

    condition: str
    parameters: dict[str, Any]


def match_visible_events(visibility: Visibility) -> VisibleEvents:
    """Return the condition of `narrow` in SQL, with its parameters."""
    if visibility.is_unlimited:
        return VisibleEvents("IS NOT NULL", {})
    try:
        query = narrow(Event.objects.order_by(), visibility).values("pk").query
        statement, values = query.sql_with_params()
    except EmptyResultSet:
        return VisibleEvents("IS NULL", {})
    parameters = {f"visible_{number}": value for number, value in enumerate(values)}
    return VisibleEvents(f"IN ({statement % tuple(f'%({name})s' for name in parameters)})", parameters)
