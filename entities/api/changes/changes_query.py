"""The query parameters of the feed's addresses."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError as FieldError
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request

from entities.api.changes.change_cursors import ChangesCursor, load_cursor
from entities.api.changes.reader_scope import ReaderScope
from entities.api.filters.column_filters import INCLUDE_FLAGS
from entities.api.filters.parameter_values import ChoiceValue, FlagValue, ListValue
from entities.feed.feed_position import FeedPosition
from entities.models.introspection import entities_by_name, entity_name, model_name

FLAGS = tuple(INCLUDE_FLAGS.values())


@dataclass(frozen=True)
class ChangesQuery:
    """The part of the feed that a request asks for.

    entities: the models' names; all if empty. flags: those of FLAGS that are set.
    """

    entities: tuple[str, ...]
    flags: tuple[str, ...]

    def dump(self) -> dict[str, Any]:
        """Return what stands in a cursor, which goes on for the same parameters only."""
        return {"entities": list(self.entities), "flags": list(self.flags)}


def read_query(request: Request, scope: ReaderScope, *, takes_list: bool) -> ChangesQuery:
    """Return the parameters `entity`, of all kinds if there is none, and the flags.

    takes_list: several entities may be asked for. Raises ValidationError, and PermissionDenied for an entity
    that the reader may not view.
    """
    values = request.query_params
    entity = make_entity_field(takes_list=takes_list)
    asked = _clean("entity", entity, values.getlist("entity") if takes_list else values.get("entity"))
    names = {asked} if isinstance(asked, str) else set(asked)
    entities = {model_name(entities_by_name()[name]) for name in names}
    if entities & scope.hidden_types:
        raise PermissionDenied
    flags = tuple(flag for flag in FLAGS if _clean(flag, FlagValue(required=False), values.get(flag)))
    return ChangesQuery(tuple(sorted(entities)), flags)


def read_cursor(
    request: Request, parameter: str, position: FeedPosition, query: ChangesQuery
) -> ChangesCursor | None:
    """Return the cursor in a parameter, if there is one. position: the end of the feed.

    Raises ValidationError if it is none of this API, or of a copy that was made with other parameters, and
    CursorExpired.
    """
    text = request.query_params.get(parameter)
    if text is None:
        return None
    cursor = load_cursor(text, parameter, position)
    if cursor.filters is not None and not _continues(cursor.filters, query):
        names = ",".join(map(entity_name, cursor.filters["entities"]))
        entities = f"entity={names}" if names else ""
        given = "&".join(filter(None, (entities, *(f"{flag}=true" for flag in cursor.filters["flags"]))))
        message = (
            f"This cursor was given for other parameters: {given or 'none'}. Send the same ones, or start"
            " again without a cursor."
        )
        raise ValidationError({parameter: [message]})
    return cursor


def make_entity_field(*, takes_list: bool) -> forms.Field:
    """Return the field that reads `entity`."""
    names = sorted(entities_by_name())
    return ListValue(ChoiceValue(names), required=False) if takes_list else ChoiceValue(names)


def _continues(filters: dict[str, Any], query: ChangesQuery) -> bool:
    """Return True if a copy of these parameters has all that is asked for."""
    entities = set(filters["entities"])
    has_entities = not entities or (bool(query.entities) and set(query.entities) <= entities)
    return has_entities and list(query.flags) == filters["flags"]


def _clean(name: str, field: forms.Field, value: Any) -> Any:
    try:
        return field.clean(value)
    except FieldError as error:
        raise ValidationError({name: error.messages}) from None
