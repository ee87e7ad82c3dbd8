"""The kinds of record that somebody may view: by his permissions, and by what his token is limited to."""

from django.db.models import Model

from entities.access.visibility import Viewer
from entities.models import ApiToken, Record
from entities.models.introspection import record_models


def may_view(viewer: Viewer, model: type[Model]) -> bool:
    """Return True if the viewer has the permission to view a model, and his token is not limited to others.

    A token that is limited to kinds of record shows these alone: no events, and no sources.
    """
    token, user = (viewer, viewer.user) if isinstance(viewer, ApiToken) else (None, viewer)
    name = str(model._meta.model_name)
    is_in_token = token is None or token.includes(name)
    return is_in_token and bool(user.has_perm(f"{model._meta.app_label}.view_{name}"))


def visible_models(viewer: Viewer) -> list[type[Record]]:
    """Return the kinds of record that the viewer may see."""
    return [model for model in record_models() if may_view(viewer, model)]


def may_view_all_kinds(viewer: Viewer) -> bool:
    """Return True if no kind of record is hidden from the viewer."""
    return len(visible_models(viewer)) == len(record_models())
