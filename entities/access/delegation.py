"""The rules of delegation: a manager of people gives nobody, himself included, more than he has.

Whoever sets a person's password or issues a token of his can act as that person. So a manager may only change
people who may nothing that he may not, and who see nothing that he does not see.
"""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Exists, OuterRef, Q, QuerySet

from entities.access.permissions import MANAGE_PEOPLE, NAMED_PERMISSIONS
from entities.access.visibility import add_up, visibility_of, visible_to
from entities.models import AccessLimit, ApiToken

Place = tuple[int, str]
"""(source id, scope) of a limit; an empty scope is the whole source."""


def visible_people(manager: User) -> QuerySet[User]:
    """Return the users that a manager may know of: for one who is limited, those limited within his view."""
    if visibility_of(manager).is_unlimited:
        return User.objects.all()
    limits = AccessLimit.objects.filter(Q(user=OuterRef("pk")) | Q(group__user=OuterRef("pk")))
    hidden = limits.exclude(pk__in=_limits_within_view(manager))
    return User.objects.filter(Exists(limits), ~Exists(hidden), is_superuser=False)


def visible_groups(manager: User) -> QuerySet[Group]:
    """Return the groups that a manager may know of: those that no limit leads beyond his view."""
    if visibility_of(manager).is_unlimited:
        return Group.objects.all()
    limits = AccessLimit.objects.filter(group=OuterRef("pk"))
    return Group.objects.exclude(Exists(limits.exclude(pk__in=_limits_within_view(manager))))


def may_manage_person(manager: User, person: User) -> bool:
    """Return True if the person may nothing and sees nothing beyond the manager."""
    if manager.is_superuser:
        return True
    # Read as if he were active: to be made so is all that he may lack.
    person = User(pk=person.pk, is_superuser=person.is_superuser)
    return (
        not person.is_superuser
        and person.get_all_permissions() <= manager.get_all_permissions()
        and visibility_of(manager).includes(visibility_of(person))
    )


def may_remove_factor(manager: User, person: User) -> bool:
    """Return True if the manager may remove this user's second factor: never his own, which needs a code."""
    return person.pk != manager.pk and manager.has_perm(MANAGE_PEOPLE) and may_manage_person(manager, person)


def may_manage_group(manager: User, group: Group) -> bool:
    """Return True if the group gives nothing, and shows nothing, that the manager has not himself."""
    if manager.is_superuser:
        return True
    shown = add_up(AccessLimit.objects.filter(group=group))
    return group in grantable_groups(manager) and visibility_of(manager).includes(shown)


def grantable_groups(manager: User) -> QuerySet[Group]:
    """Return the groups that a manager may give: those with no permission that he has not."""
    groups = visible_groups(manager)
    if manager.is_superuser:
        return groups
    own = manager.get_all_permissions()
    rows = groups.prefetch_related("permissions__content_type")
    return groups.filter(
        pk__in=[group.pk for group in rows if _permission_names(group.permissions.all()) <= own]
    )


def grantable_permissions(manager: User) -> QuerySet[Permission]:
    """Return the named permissions that a manager has, in the order of their table."""
    own = [name.partition(".")[2] for name in NAMED_PERMISSIONS if manager.has_perm(name)]
    named = Permission.objects.filter(content_type__app_label="entities", content_type__model="accesslimit")
    return named.filter(codename__in=own).order_by("pk")


def limits_of(holder: User | Group | ApiToken) -> set[Place]:
    """Return the places that a holder is limited to by himself."""
    return set(AccessLimit.objects.filter(**holder_filter(holder)).values_list("source_id", "scope"))


def set_limits(holder: User | Group | ApiToken, places: Iterable[Place]) -> None:
    """Limit a holder to these places, and to no other; to none means that he sees everything."""
    chosen, present = set(places), limits_of(holder)
    for source, scope in present - chosen:
        AccessLimit.objects.filter(**holder_filter(holder), source=source, scope=scope).delete()
    AccessLimit.objects.bulk_create(
        AccessLimit(**holder_filter(holder), source_id=source, scope=scope)
        for source, scope in sorted(chosen - present)
    )


def holder_filter(holder: User | Group | ApiToken) -> dict[str, int]:
    """Return the column of a limit that names its holder, with the holder's id."""
    columns = {User: "user_id", Group: "group_id", ApiToken: "token_id"}
    return {next(column for model, column in columns.items() if isinstance(holder, model)): holder.pk}


def _limits_within_view(manager: User) -> QuerySet[AccessLimit]:
    return visible_to(manager, AccessLimit.objects.all())


def _permission_names(permissions: Iterable[Permission]) -> set[str]:
    return {f"{permission.content_type.app_label}.{permission.codename}" for permission in permissions}
