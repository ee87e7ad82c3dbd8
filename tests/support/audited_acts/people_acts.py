"""Acts on the people who sign in: passwords, users, groups and second factors.

Each takes the browser, acts, and returns the row that the entry is about, or None.
"""

from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.test import Client

from crmmirror.sign_on.second_factors.factor_codes import begin_enrolment, read_key
from tests.support.audited_acts.acting import NEW_PASSWORD, PASSWORD, admin_url, create_ann, post, user_form
from tests.support.second_factors import add_factor, make_code
from tests.support.staff_client import list_url, page_url


def log_in(client: Client) -> None:
    client.logout()
    post(client, "/admin/login/", username="boss", password=PASSWORD)


def fail_to_log_in(client: Client) -> None:
    client.logout()
    post(client, "/admin/login/", username="boss", password="wrong horse")


def change_own_password(client: Client) -> User:
    post(
        client,
        admin_url("password_change"),
        old_password=PASSWORD,
        new_password1=NEW_PASSWORD,
        new_password2=NEW_PASSWORD,
    )
    return User.objects.get(username="boss")


def change_password_of_another(client: Client) -> User:
    ann = create_ann()
    post(
        client,
        admin_url("auth_user_password_change", ann.pk),
        usable_password="true",
        password1=NEW_PASSWORD,
        password2=NEW_PASSWORD,
    )
    return ann


def add_user(client: Client) -> User:
    post(
        client,
        admin_url("auth_user_add"),
        username="ann",
        usable_password="true",
        password1=NEW_PASSWORD,
        password2=NEW_PASSWORD,
        is_active="on",
    )
    return User.objects.get(username="ann")


def change_user(client: Client) -> User:
    ann = create_ann()
    post(client, page_url(ann), **user_form(ann, first_name="Ann"))
    return ann


def change_rights(client: Client) -> User:
    ann = create_ann()
    group = Group.objects.create(name="sales")
    post(client, page_url(ann), **user_form(ann, is_staff="on", groups=[group.pk]))
    return ann


def delete_user(client: Client) -> User:
    ann = create_ann()
    post(client, admin_url("auth_user_delete", ann.pk), post="yes")
    return ann


def delete_selected_user(client: Client) -> User:
    ann = create_ann()
    post(client, list_url(User), action="delete_selected", _selected_action=[ann.pk], post="yes")
    assert not User.objects.filter(username="ann").exists()
    return ann


def add_group(client: Client) -> Group:
    permission = Permission.objects.get(codename="view_records")
    post(client, admin_url("auth_group_add"), name="sales", named_permissions=[permission.pk])
    return Group.objects.get(name="sales")


def change_group(client: Client) -> Group:
    group = Group.objects.create(name="sales")
    group.permissions.add(Permission.objects.get(codename="view_records"))
    post(
        client,
        page_url(group),
        name="sales",
        named_permissions=[Permission.objects.get(codename="export_records").pk],
    )
    return group


def delete_group(client: Client) -> Group:
    group = Group.objects.create(name="sales")
    post(client, admin_url("auth_group_delete", group.pk), post="yes")
    return group


def add_second_factor(client: Client) -> User:
    boss = User.objects.get(username="boss")
    post(client, admin_url("second_factor"), begin="1")
    post(client, admin_url("second_factor"), code=make_code(read_key(begin_enrolment(boss))))
    return boss


def remove_second_factor(client: Client) -> User:
    boss = User.objects.get(username="boss")
    _, codes = add_factor(boss)
    post(client, admin_url("second_factor"), code=codes[0], act="remove")
    return boss


def remove_second_factor_by_command(client: Client) -> User:
    boss = User.objects.get(username="boss")
    add_factor(boss)
    call_command("remove_second_factor", "boss")
    return boss


def remove_second_factor_of_another(client: Client) -> User:
    ann = create_ann()
    add_factor(ann)
    post(client, admin_url("remove_second_factor", ann.pk))
    return ann


def renew_recovery_codes(client: Client) -> User:
    boss = User.objects.get(username="boss")
    _, codes = add_factor(boss)
    post(client, admin_url("second_factor"), code=codes[0], act="renew")
    return boss
