"""Finds the records that are related to a record: those that refer to it, and that the viewer may see."""

from functools import cache
from typing import Any, NamedTuple

from django.db.models import F, ForeignKey, QuerySet
from django.http import HttpRequest

from entities.access.visibility import viewer_of, visible_to
from entities.conversation_parties import match_reference
from entities.models import Record
from entities.models.introspection import model_name, record_models

# A sub-account's records are all records of it. They are too many to be read as one story.
SCOPE_COLUMN = "sub_account"


class Reference(NamedTuple):
    """A model that may refer to another one, with the column in which it does."""

    model: type[Record]
    field: ForeignKey


@cache
def get_references_to(model: type[Record]) -> tuple[Reference, ...]:
    """Return each mirrored model that may refer to this one, with the column in which it does."""
    return tuple(
        Reference(referring_model, field)
        for referring_model in record_models()
        for field in referring_model._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.related_model is model
    )


def viewable_references(request: HttpRequest, model: type[Record]) -> list[Reference]:
    """Return those references to a model that are of models that the user may view."""
    return [
        reference
        for reference in get_references_to(model)
        if request.user.has_perm(f"entities.view_{model_name(reference.model)}")
    ]


def related_rows(request: HttpRequest, record: Record, reference: Reference) -> QuerySet[Any]:
    """Return the records that refer to this one, newest first, of those that the user sees.

    What belongs to a conversation of this record counts as if it referred to it.
    """
    rows = reference.model._default_manager.filter(match_reference(reference.field, record.pk))
    return visible_to(viewer_of(request), rows).order_by(F("last_event_at").desc(nulls_last=True), "-id")
