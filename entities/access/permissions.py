"""The permissions in words of what people do: what each implies, and the roles that are made of them.

Their labels are in the Meta of `entities.models.AccessLimit`, from which Django creates them.
"""

from functools import cache

from entities.models import AccessLimit
from entities.models.introspection import model_name, record_models

# The name of each named permission as `has_perm` takes it.
VIEW_RECORDS = "entities.view_records"
VIEW_RAW_EVENTS = "entities.view_raw_events"
REPLAY_EVENTS = "entities.replay_events"
MANAGE_SOURCES = "entities.manage_sources"
NAME_THINGS = "entities.name_things"
EXPORT_RECORDS = "entities.export_records"
SHARE_VIEWS = "entities.share_views"
MANAGE_PEOPLE = "entities.manage_people"
ERASE_PERSONS = "entities.erase_persons"

NAMED_PERMISSIONS = tuple(f"entities.{codename}" for codename, _ in AccessLimit._meta.permissions)

# Named permission -> the permissions of Django, for one model each, that it implies. That to view records
# implies one more for each mirrored model.
MODEL_PERMISSIONS: dict[str, tuple[str, ...]] = {
    VIEW_RECORDS: (),
    VIEW_RAW_EVENTS: ("events.view_event", "events.view_refusal", "events.view_source"),
    REPLAY_EVENTS: ("events.change_event",),
    MANAGE_SOURCES: (
        "events.view_source",
        "events.add_source",
        "events.change_source",
        "events.view_refusal",
    ),
    NAME_THINGS: (),
    EXPORT_RECORDS: (),
    SHARE_VIEWS: (),
    MANAGE_PEOPLE: tuple(
        f"{model.partition('.')[0]}.{action}_{model.partition('.')[2]}"
        for model in ("auth.user", "auth.group", "entities.apitoken", "entities.userprofile")
        for action in ("view", "add", "change", "delete")
    ),
    ERASE_PERSONS: (),
}

# Group -> its named permissions; a migration has made the groups so.
ROLES: dict[str, tuple[str, ...]] = {
    "Viewer": (VIEW_RECORDS,),
    "Operator": (VIEW_RECORDS, VIEW_RAW_EVENTS, REPLAY_EVENTS, MANAGE_SOURCES, EXPORT_RECORDS, SHARE_VIEWS),
    "Administrator": NAMED_PERMISSIONS,
}


@cache
def implied_permissions() -> dict[str, frozenset[str]]:
    """Return named permission -> the permissions for single models that it implies."""
    records = frozenset(f"entities.view_{model_name(model)}" for model in record_models())
    return {
        name: frozenset(implied) | (records if name == VIEW_RECORDS else frozenset())
        for name, implied in MODEL_PERMISSIONS.items()
    }
