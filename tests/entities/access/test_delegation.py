"""Nobody gives himself or others more than he has, in the admin of users, groups and tokens."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from crmmirror.admin.limit_forms import WIDENED
from entities.access.delegation import limits_of, may_manage_group, may_manage_person, visible_people
from entities.access.visibility import visibility_of
from entities.models import ApiToken, Name, NameKind, SubAccount, UserProfile
from events.models import Source
from tests.support.access_limits import create_member, limit, log_in
from tests.support.api_client import create_record, ensure_source
from tests.support.staff_client import get_page, list_url, page_url

pytestmark = pytest.mark.django_db


@pytest.fixture
def east() -> Source:
    source = ensure_source("east")
    for scope in ("sa_1", "sa_2"):
        create_record(SubAccount, source=source, external_id=scope)
    return source


@pytest.fixture
def west() -> Source:
    return ensure_source("west")


def user_fields(person: User, **fields: Any) -> dict[str, Any]:
    """Return what the form of a user posts: he is active staff, unless the fields say otherwise."""
    return {"username": person.username, "is_active": "on", "is_staff": "on"} | fields


def post(client: Client, row: Any, fields: dict[str, Any]) -> str:
    """Post a form; return the errors that the answer shows, or an empty text if it was accepted."""
    answer = client.post(page_url(row), fields)
    if answer.status_code == 302:
        return ""
    page = answer.content.decode()
    return " ".join(re.findall(r'<ul class="errorlist[^>]*>(.*?)</ul>', page, re.DOTALL)) or str(answer)


def role_id(name: str) -> int:
    return Group.objects.get(name=name).pk


def test_an_administrator_gives_a_role_sources_sub_accounts_and_a_time_zone(
    east: Source, west: Source
) -> None:
    person = create_member()
    client = log_in(create_member("Administrator"))
    limits = {"sources": [west.pk], "sub_accounts": [f"{east.pk}/sa_1"]}
    fields = {"groups": [role_id("Viewer")], "time_zone": "Asia/Dubai", **limits}
    assert post(client, person, user_fields(person, **fields)) == ""
    person = User.objects.get(pk=person.pk)
    assert limits_of(person) == {(west.pk, ""), (east.pk, "sa_1")}
    assert person.has_perm("entities.view_deal")
    assert UserProfile.objects.get(user=person).time_zone == "Asia/Dubai"
    page = get_page(client, page_url(person))
    assert f'value="{east.pk}/sa_1" selected' in page


def test_a_user_is_tied_to_the_people_that_he_is_in_the_crms(east: Source, west: Source) -> None:
    person, other = create_member(), create_member()
    ann, bob, _ = (
        Name.objects.create(source=source, kind=NameKind.PERSON, ref=ref, user=user)
        for source, ref, user in ((east, "ann", person), (west, "bob", None), (west, "cat", other))
    )
    client = log_in(create_member("Administrator"))
    page = get_page(client, page_url(person))
    assert f'<option value="{ann.pk}" selected>east / ann</option>' in page
    assert "west / bob" in page
    assert "west / cat" not in page, "she is another login"
    assert post(client, person, user_fields(person, persons=[bob.pk])) == ""
    assert set(Name.objects.values_list("ref", "user")) == {
        ("ann", None),
        ("bob", person.pk),
        ("cat", other.pk),
    }


def test_people_of_sources_that_the_manager_does_not_see_are_neither_offered_nor_untied(
    east: Source, west: Source
) -> None:
    manager, person = limit(create_member("Administrator"), east), limit(create_member(), east)
    hidden = Name.objects.create(source=west, kind=NameKind.PERSON, ref="ann", user=person)
    client, limits = log_in(manager), {"sources": [east.pk]}
    assert "west / ann" not in get_page(client, page_url(person))
    assert post(client, person, user_fields(person, **limits)) == ""
    assert "is not one of the available choices" in post(
        client, person, user_fields(person, persons=[hidden.pk], **limits)
    )
    hidden.refresh_from_db()
    assert hidden.user == person


def test_a_source_of_which_sub_accounts_are_chosen_is_not_stored_as_whole(east: Source) -> None:
    person = create_member()
    fields = {"sources": [east.pk], "sub_accounts": [f"{east.pk}/sa_1", f"{east.pk}/sa_2"]}
    assert post(log_in(create_member("Administrator")), person, user_fields(person, **fields)) == ""
    assert limits_of(person) == {(east.pk, "sa_1"), (east.pk, "sa_2")}


def test_the_page_of_a_user_has_no_other_permissions_than_roles(east: Source) -> None:
    page = get_page(log_in(create_member("Administrator")), page_url(create_member()))
    assert 'name="groups"' in page
    assert 'name="user_permissions"' not in page
    assert 'name="is_superuser"' not in page


def test_an_administrator_cannot_make_a_superuser(east: Source) -> None:
    person = create_member()
    client = log_in(create_member("Administrator"))
    assert post(client, person, user_fields(person, is_superuser="on")) == ""
    assert not User.objects.get(pk=person.pk).is_superuser


def test_an_administrator_changes_no_superuser_and_sets_no_password_of_one() -> None:
    superuser = User.objects.create_superuser("root")
    client = log_in(create_member("Administrator"))
    assert client.post(page_url(superuser), user_fields(superuser)).status_code == 403
    address = reverse("admin:auth_user_password_change", args=[superuser.pk])
    assert client.post(address, {"password1": "x", "password2": "x"}).status_code == 403
    delete = reverse("admin:auth_user_delete", args=[superuser.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403


def test_a_superuser_may_do_all_of_it() -> None:
    person = create_member()
    client = log_in(User.objects.create_superuser("root"))
    assert post(client, person, user_fields(person, is_superuser="on")) == ""
    assert User.objects.get(pk=person.pk).is_superuser


def make_manager(*codenames: str) -> User:
    """Create a member who may manage people, and may what these named permissions allow."""
    group = Group.objects.create(name="Managers")
    names = ("manage_people", *codenames)
    group.permissions.set(Permission.objects.filter(codename__in=names))
    return create_member("Managers")


def test_a_manager_gives_no_role_that_may_more_than_he_may() -> None:
    person = create_member()
    client = log_in(make_manager("view_records"))
    assert "valid choice" in post(client, person, user_fields(person, groups=[role_id("Administrator")]))
    assert post(client, person, user_fields(person, groups=[role_id("Viewer")])) == ""
    assert {group.name for group in person.groups.all()} == {"Viewer"}


def test_a_manager_changes_nobody_who_may_more_than_he_may_even_while_that_one_is_inactive() -> None:
    manager = make_manager("view_records")
    administrator = create_member("Administrator")
    User.objects.filter(pk=administrator.pk).update(is_active=False)
    for person in (administrator, User.objects.get(pk=administrator.pk)):
        assert not may_manage_person(manager, person)
        assert log_in(manager).post(page_url(person), user_fields(person)).status_code == 403


def test_a_manager_gives_no_permission_to_a_group_that_he_has_not() -> None:
    client = log_in(make_manager("view_records"))
    group = Group.objects.create(name="Readers")
    permissions = {name: Permission.objects.get(codename=name).pk for name in ("view_records", "name_things")}
    page = get_page(client, page_url(group))
    assert "View records" in page
    assert "Name things" not in page
    fields = {"name": "Readers", "named_permissions": [permissions["name_things"]]}
    assert "valid choice" in post(client, group, fields).lower() or "not one of" in post(
        client, group, fields
    )
    assert post(client, group, fields | {"named_permissions": [permissions["view_records"]]}) == ""
    assert [permission.codename for permission in group.permissions.all()] == ["view_records"]


def test_a_group_keeps_the_permissions_that_its_form_does_not_show() -> None:
    group = Group.objects.create(name="Readers")
    group.permissions.set(Permission.objects.filter(codename__in=["view_deal", "view_records"]))
    client = log_in(User.objects.create_superuser("root"))
    assert post(client, group, {"name": "Readers"}) == ""
    assert [permission.codename for permission in group.permissions.all()] == ["view_deal"]


def test_a_limited_administrator_cannot_widen_himself(east: Source, west: Source) -> None:
    manager = limit(create_member("Administrator"), east, "sa_1")
    client = log_in(manager)
    roles = {"groups": [role_id("Administrator")]}
    for limits in (
        {},
        {"sources": [east.pk]},
        {"sources": [west.pk]},
        {"sub_accounts": [f"{east.pk}/sa_2"]},
    ):
        assert post(client, manager, user_fields(manager, **roles, **limits)) != ""
    assert limits_of(manager) == {(east.pk, "sa_1")}


def test_a_limited_administrator_knows_only_of_those_who_are_limited_within_his_view(
    east: Source, west: Source
) -> None:
    manager = limit(create_member("Administrator"), east, "sa_1", "sa_2")
    within = limit(create_member("Viewer"), east, "sa_1")
    beyond = limit(limit(create_member("Viewer"), east, "sa_1"), west)
    members = Group.objects.create(name="West")
    limit(members, west)
    by_group = create_member("West")
    hidden = [create_member("Viewer"), beyond, by_group, User.objects.create_superuser("root")]
    assert set(visible_people(manager)) == {manager, within}
    client = log_in(manager)
    page = get_page(client, list_url(User))
    for person in hidden:
        assert f">{person.username}<" not in page
        assert client.get(page_url(person), follow=True).redirect_chain
    assert "West" not in page + get_page(client, list_url(Group))
    assert "west" not in get_page(client, page_url(within))


def test_a_limited_administrator_adds_somebody_only_within_his_own_limits(east: Source) -> None:
    manager = limit(create_member("Administrator"), east, "sa_1")
    password = "correct horse battery"
    form = {
        "username": "new",
        "usable_password": "true",
        "password1": password,
        "password2": password,
        "is_active": "on",
    }
    client = log_in(manager)
    answer = client.post(reverse("admin:auth_user_add"), form)
    assert WIDENED in unescape(answer.content.decode())
    answer = client.post(reverse("admin:auth_user_add"), form | {"sub_accounts": [f"{east.pk}/sa_1"]})
    person = User.objects.get(username="new")
    assert answer["Location"] == page_url(person)
    assert visibility_of(person) == visibility_of(manager)


def test_a_group_that_limits_somebody_cannot_be_deleted(east: Source) -> None:
    group = limit(Group.objects.create(name="East"), east)
    member = create_member("East")
    client = log_in(User.objects.create_superuser("root"))
    address = reverse("admin:auth_group_delete", args=[group.pk])
    assert client.post(address, {"post": "yes"}).status_code == 403
    member.groups.clear()
    assert client.post(address, {"post": "yes"}).status_code == 302


def test_a_limited_administrator_changes_no_group_without_limits(east: Source) -> None:
    manager = limit(create_member("Administrator"), east, "sa_1")
    within = limit(Group.objects.create(name="East"), east, "sa_1")
    assert may_manage_group(manager, within)
    assert not may_manage_group(manager, Group.objects.get(name="Viewer"))


def test_a_token_is_issued_shown_once_limited_and_revoked(east: Source, west: Source) -> None:
    person = create_member("Viewer")
    client = log_in(create_member("Administrator"))
    form = {"user": person.pk, "name": "report", "sub_accounts": [f"{east.pk}/sa_1"]}
    page = client.post(reverse("admin:entities_apitoken_add"), form).content.decode()
    (text,) = re.findall(r"crm_[\w-]+", page)
    token = ApiToken.objects.get()
    assert limits_of(token) == {(east.pk, "sa_1")}
    headers = {"authorization": f"Token {text}"}
    rows = Client().get("/api/v1/sub-accounts/?include_placeholders=true", headers=headers).json()["results"]
    assert [row["external_id"] for row in rows] == ["sa_1"]
    listed = get_page(client, list_url(ApiToken))
    assert person.username in listed
    assert text not in listed + get_page(client, page_url(token))
    assert client.post(reverse("admin:entities_apitoken_delete", args=[token.pk]), {"post": "yes"})
    assert Client().get("/api/v1/", headers=headers).status_code == 401


def test_a_token_is_issued_only_for_those_whom_one_may_change() -> None:
    superuser = User.objects.create_superuser("root")
    client = log_in(create_member("Administrator"))
    form = {"user": superuser.pk, "name": "report"}
    page = client.post(reverse("admin:entities_apitoken_add"), form).content.decode()
    assert "valid choice" in page
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("role", ["Viewer", "Operator"])
def test_only_those_who_manage_people_reach_users_groups_and_tokens(role: str) -> None:
    client = log_in(create_member(role))
    for model in (User, Group, ApiToken):
        assert client.get(list_url(model)).status_code == 403


def test_whom_a_manager_may_not_change_he_may_look_at(east: Source) -> None:
    superuser = User.objects.create_superuser("root")
    token = ApiToken.issue(superuser, "report")[0]
    client = log_in(create_member("Administrator"))
    limited = log_in(limit(create_member("Administrator"), east, "sa_1"))
    viewer = Group.objects.get(name="Viewer")
    for visitor, row, text in (
        (client, superuser, "root"),
        (client, token, "report"),
        (limited, viewer, "View records"),
    ):
        page = get_page(visitor, page_url(row))
        assert text in page
        assert 'name="_save"' not in page
