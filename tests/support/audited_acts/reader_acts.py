"""Acts on what lets programs read: readers of the database, and tokens.

Each takes the browser, acts, and returns the row that the entry is about, or None.
"""

from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from entities.models import (
    ApiToken,
    SqlReader,
)
from tests.support.audited_acts.acting import admin_url, post
from tests.support.staff_client import list_url, page_url


def create_reader(client: Client) -> SqlReader:
    call_command("create_reader", "crm_audited")
    return SqlReader.objects.get()


def drop_reader(client: Client) -> SqlReader:
    reader = SqlReader.objects.create(role="crm_audited")
    call_command("drop_reader", reader.role)
    return reader


def create_token(client: Client) -> ApiToken:
    call_command("create_token", "boss", name="reports")
    return ApiToken.objects.get()


def add_token(client: Client) -> ApiToken:
    boss = User.objects.get(username="boss")
    post(client, admin_url("entities_apitoken_add"), user=boss.pk, name="reports")
    return ApiToken.objects.get()


def change_token(client: Client) -> ApiToken:
    token, _ = ApiToken.issue(User.objects.get(username="boss"), "reports")
    post(client, page_url(token), expires_at_0="2030-01-01", expires_at_1="00:00:00")
    return token


def revoke_token(client: Client) -> ApiToken:
    token, _ = ApiToken.issue(User.objects.get(username="boss"), "reports")
    post(client, admin_url("entities_apitoken_delete", token.pk), post="yes")
    return token


def revoke_selected_token(client: Client) -> ApiToken:
    token, _ = ApiToken.issue(User.objects.get(username="boss"), "reports")
    selected = {"action": "delete_selected", "_selected_action": [token.pk]}
    question = client.post(list_url(ApiToken), selected).content.decode()
    assert "Revoke these tokens?" in question
    post(client, list_url(ApiToken), **selected, post="yes")
    assert not ApiToken.objects.exists()
    return token


def revoke_token_by_command(client: Client) -> ApiToken:
    token, _ = ApiToken.issue(User.objects.get(username="boss"), "reports")
    call_command("revoke_token", "boss", "reports")
    return token
