"""The named permissions: what each implies, and the roles."""

import pytest
from django.contrib.auth.models import Group, Permission, User

from entities.access.permissions import (
    MANAGE_PEOPLE,
    MODEL_PERMISSIONS,
    NAMED_PERMISSIONS,
    REPLAY_EVENTS,
    ROLES,
    VIEW_RECORDS,
    implied_permissions,
)
from entities.models.introspection import model_name, record_models
from tests.support.access_limits import create_member

RECORDS = {f"entities.view_{model_name(model)}" for model in record_models()}


@pytest.mark.unit
def test_each_named_permission_has_a_line_in_the_table() -> None:
    assert set(MODEL_PERMISSIONS) == set(NAMED_PERMISSIONS)


@pytest.mark.django_db
def test_each_permission_that_is_implied_exists() -> None:
    existing = {
        f"{label}.{codename}"
        for label, codename in Permission.objects.values_list("content_type__app_label", "codename")
    }
    assert set(NAMED_PERMISSIONS).union(*implied_permissions().values()) <= existing


@pytest.mark.django_db
def test_the_migration_made_a_group_for_each_role() -> None:
    groups = {
        group.name: {
            f"entities.{codename}" for codename in group.permissions.values_list("codename", flat=True)
        }
        for group in Group.objects.all()
    }
    assert groups == {role: set(names) for role, names in ROLES.items()}


@pytest.mark.django_db
def test_a_viewer_may_view_each_model_of_records_and_nothing_else() -> None:
    assert create_member("Viewer").get_all_permissions() == RECORDS | {VIEW_RECORDS}


@pytest.mark.django_db
def test_an_operator_may_apply_again_and_change_sources_but_no_users() -> None:
    operator = create_member("Operator")
    assert operator.has_perms([REPLAY_EVENTS, "events.change_event", "events.change_source", *RECORDS])
    assert not operator.has_perm("auth.view_user")


@pytest.mark.django_db
def test_an_administrator_has_every_permission_that_is_named_or_implied() -> None:
    assert create_member("Administrator").has_perms(
        set(NAMED_PERMISSIONS).union(*implied_permissions().values())
    )


@pytest.mark.django_db
def test_a_user_keeps_djangos_own_permissions() -> None:
    user = User.objects.create_user("ann", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_deal"))
    assert user.get_all_permissions() == {"entities.view_deal"}
    assert user.has_module_perms("entities")
    assert not user.has_module_perms("events")


@pytest.mark.django_db
def test_an_inactive_member_has_no_permission() -> None:
    member = create_member("Administrator")
    member.is_active = False
    assert not member.get_all_permissions()
    assert not member.has_perm(MANAGE_PEOPLE)
