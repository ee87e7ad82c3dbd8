"""Sources, sub-accounts and kinds of record, as commands name them."""

from collections.abc import Iterable

from django.core.management.base import CommandError

from entities.access.delegation import Place
from entities.models import AccessLimit
from entities.models.introspection import entities_by_name, model_name


def find_places(slugs: Iterable[str], sub_accounts: Iterable[str]) -> set[Place]:
    """Return the limits that the options name. Raises CommandError."""
    sources = dict(AccessLimit.source_model()._default_manager.values_list("slug", "pk"))
    places: set[Place] = set()
    for named in (*(f"{slug}/" for slug in slugs), *sub_accounts):
        slug, _, scope = named.partition("/")
        if slug not in sources:
            known = ", ".join(sorted(sources)) or "none"
            raise CommandError(f"There is no source {slug!r}; there are: {known}.")
        places.add((sources[slug], scope))
    if unnamed := [named for named in sub_accounts if not named.partition("/")[2]]:
        raise CommandError(f"--sub-account {unnamed[0]}: write the source and the id, as in acme/sa_001.")
    return places


def find_record_types(entities: Iterable[str]) -> list[str]:
    """Return the names of the models of these kinds of record, sorted. Raises CommandError."""
    models = entities_by_name()
    if unknown := [name for name in entities if name not in models]:
        raise CommandError(f"There is no kind of record {unknown[0]!r}; there are: {', '.join(models)}.")
    return sorted({model_name(models[name]) for name in entities})
