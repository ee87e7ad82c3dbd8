"""The user of the mirror whom an OpenID Connect provider means, and the roles that its groups give him."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import transaction

from crmmirror.sign_on.oidc.oidc_client import Claims
from crmmirror.sign_on.refusals import Refusal
from entities.audit import Actor, write_audit_entry
from entities.models import AuditAction, ExternalIdentity

log = structlog.get_logger(__name__)
USERNAME = User._meta.get_field("username")
# As long as the shortest of the columns below may be.
MAX_LENGTH = 150
# The claims of a person, and the columns of users that they are written to.
PERSON_CLAIMS = {"given_name": "first_name", "family_name": "last_name", "email": "email"}


@dataclass(frozen=True)
class Outcome:
    """Either the user who may log in, or why he may not."""

    user: User | None
    refusal: Refusal | None = None


@transaction.atomic
def find_or_create_user(claims: Claims, actor: Actor) -> Outcome:
    """Return the user with the roles that he has at the provider now.

    Who has no role there loses those that he had from there here too, and is refused.
    actor: who is written down in the audit log for what is changed.
    """
    roles = find_roles(claims)
    identity = _find_identity(claims)
    user = identity.user if identity else None
    if user and not user.is_active:
        return Outcome(None, Refusal.INACTIVE)
    if not roles:
        if user:
            _give_roles(user, roles, actor)
        return Outcome(None, Refusal.NO_ROLE)
    if user is None:
        outcome = _link_or_create(claims, actor)
        if outcome.user is None:
            return outcome
        user = outcome.user
    _update_person(user, claims)
    _give_roles(user, roles, actor)
    return Outcome(user)


def find_roles(claims: Claims) -> set[str]:
    """Return the names of the roles that the groups in the claims give, of those that exist here."""
    groups = claims.get(settings.OIDC_GROUPS_CLAIM)
    if not isinstance(groups, list):
        groups = [groups]
    known = settings.OIDC_GROUPS
    names = {known[group] for group in groups if isinstance(group, str) and group in known}
    existing = set(Group.objects.filter(name__in=names).values_list("name", flat=True))
    for name in sorted(names - existing):
        log.error("oidc_role_missing", role=name, remedy="make a group of this name, or mend OIDC_GROUPS")
    return existing


def _find_identity(claims: Claims) -> ExternalIdentity | None:
    identities = ExternalIdentity.objects.select_related("user").select_for_update(of=("self", "user"))
    return identities.filter(issuer=settings.OIDC_ISSUER, subject=claims["sub"]).first()


def _link_or_create(claims: Claims, actor: Actor) -> Outcome:
    """Return the user for a first login: a new one, or one of this name if OIDC_LINK_USERS allows that."""
    name = _choose_name(claims)
    user = User.objects.filter(username=name).first()
    if user is None:
        user = User(username=name, is_staff=True)
        user.set_unusable_password()
        user.save()
        write_audit_entry(actor, AuditAction.USER_CREATED, user, way="oidc", subject=claims["sub"])
    elif (
        not settings.OIDC_LINK_USERS
        or user.is_superuser
        or ExternalIdentity.objects.filter(user=user).exists()
    ):
        return Outcome(None, Refusal.NAME_TAKEN)
    elif not (user.is_active and user.is_staff):
        return Outcome(None, Refusal.INACTIVE)
    else:
        write_audit_entry(actor, AuditAction.USER_CHANGED, user, way="oidc", linked=claims["sub"])
    ExternalIdentity.objects.create(user=user, issuer=settings.OIDC_ISSUER, subject=claims["sub"])
    return Outcome(user)


def _choose_name(claims: Claims) -> str:
    """Return the first of the claims that can be the name of a user."""
    for claim in (settings.OIDC_USERNAME_CLAIM, "email", "sub"):
        name = User.normalize_username(str(claims.get(claim) or ""))
        try:
            USERNAME.clean(name, None)
        except ValidationError:
            continue
        return name
    return f"oidc-{sha256(claims['sub'].encode()).hexdigest()[:16]}"


def _update_person(user: User, claims: Claims) -> None:
    """Write the person's names and address as the provider has them."""
    values = {
        column: claims[claim].replace("\0", "")[:MAX_LENGTH]
        for claim, column in PERSON_CLAIMS.items()
        if isinstance(claims.get(claim), str)
    }
    changed = [column for column, value in values.items() if getattr(user, column) != value]
    for column in changed:
        setattr(user, column, values[column])
    if changed:
        user.save(update_fields=changed)


def _give_roles(user: User, roles: set[str], actor: Actor) -> None:
    """Give the user these roles, of those in OIDC_GROUPS. Others, which staff gave him, stay."""
    managed = set(settings.OIDC_GROUPS.values())
    before = set(user.groups.values_list("name", flat=True))
    added, removed = roles - before, (before & managed) - roles
    if not added | removed:
        return
    user.groups.add(*Group.objects.filter(name__in=added))
    user.groups.remove(*Group.objects.filter(name__in=removed))
    detail: dict[str, Any] = {"way": "oidc", "added": sorted(added), "removed": sorted(removed)}
    write_audit_entry(actor, AuditAction.RIGHTS_CHANGED, user, **detail)
