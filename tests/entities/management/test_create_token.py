"""manage.py create_token: the token alone on standard output, and errors in one line."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from entities.access.delegation import limits_of
from entities.models import ApiToken
from tests.support.api_client import ensure_source

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def user() -> User:
    return User.objects.create_user("ann", is_superuser=True)


def created(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("create_token", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_token_stands_alone_on_standard_output_and_opens_the_api() -> None:
    out, err = created("ann", "--name", "report", "--expires", "never")
    token = out.removesuffix("\n")
    assert token.split() == [token]
    assert len(token) >= 43
    assert token not in err
    assert "'report' of ann, never expires" in err
    response = Client().get("/api/v1/", headers={"authorization": f"Token {token}"})
    assert response.status_code == 200


def test_every_token_is_another() -> None:
    assert len({created("ann", "--name", f"n{n}")[0] for n in range(5)}) == 5


def test_a_token_expires_after_as_many_days_as_asked() -> None:
    with time_machine.travel(datetime(2025, 3, 1, tzinfo=UTC), tick=False):
        _, err = created("ann", "--name", "report", "--expires", "30")
    assert ApiToken.objects.get().expires_at == datetime(2025, 3, 1, tzinfo=UTC) + timedelta(days=30)
    assert "expires 2025-03-31 00:00 UTC" in err


def test_a_token_ends_after_90_days_unless_something_else_is_said() -> None:
    with time_machine.travel(datetime(2025, 3, 1, tzinfo=UTC), tick=False):
        _, err = created("ann", "--name", "report")
    assert ApiToken.objects.get().expires_at == datetime(2025, 3, 1, tzinfo=UTC) + timedelta(days=90)
    assert "expires 2025-05-30 00:00 UTC" in err


def test_a_token_is_limited_to_the_kinds_of_record_that_are_named() -> None:
    text, _ = created("ann", "--name", "report", "--entity", "form-submission", "--entity", "deal")
    assert ApiToken.objects.get().record_types == ["deal", "formsubmission"]
    headers = {"authorization": f"Bearer {text.strip()}"}
    paths = ("deals", "form-submissions", "contacts", "events")
    statuses = [Client().get(f"/api/v1/{path}/", headers=headers).status_code for path in paths]
    assert statuses == [200, 200, 403, 403]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["bob", "--name", "n"], "no user 'bob'"),
        (["idle", "--name", "n"], "'idle' is inactive"),
        (["ann", "--name", "taken"], "already has a token named 'taken'"),
        (["ann", "--name", " "], "a name"),
        (["ann", "--name", "n", "--expires", "0"], "from 1"),
        (["ann", "--name", "n", "--expires", "soon"], "from 1 to about a million, or never"),
        (
            ["ann", "--name", "n", "--entity", "deals"],
            "no kind of record 'deals'; there are: sub-account, lead",
        ),
        (["ann", "--name", "n", "--expires", "-1"], "from 1"),
        (["ann", "--name", "n", "--expires", "99999999999"], "from 1"),
        (["ann", "--name", "n", "--expires", "9999999"], "from 1"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_line(arguments: list[str], reason: str) -> None:
    User.objects.create_user("idle", is_active=False)
    created("ann", "--name", "taken")
    with pytest.raises(CommandError) as raised:
        created(*arguments)
    assert reason in str(raised.value)
    assert "\n" not in str(raised.value)
    assert ApiToken.objects.count() == 1


def test_two_users_may_give_their_tokens_the_same_name() -> None:
    User.objects.create_user("bob")
    created("ann", "--name", "report")
    created("bob", "--name", "report")
    assert ApiToken.objects.count() == 2


def test_a_token_is_limited_to_the_sources_and_sub_accounts_that_are_named() -> None:
    east, west = ensure_source("east"), ensure_source("west")
    created("ann", "--name", "report", "--source", "west", "--sub-account", "east/sa_1")
    assert limits_of(ApiToken.objects.get()) == {(west.pk, ""), (east.pk, "sa_1")}


@pytest.mark.parametrize(
    ("option", "named", "message"),
    [
        ("--source", "north", "There is no source 'north'; there are: east"),
        ("--sub-account", "north/sa_1", "There is no source 'north'; there are: east"),
        ("--sub-account", "east", "--sub-account east: write the source and the id, as in acme/sa_001"),
        ("--sub-account", "east/", "--sub-account east/: write the source and the id, as in acme/sa_001"),
    ],
)
def test_a_limit_that_names_nothing_is_refused_and_no_token_is_made(
    option: str, named: str, message: str
) -> None:
    ensure_source("east")
    with pytest.raises(CommandError, match=message):
        created("ann", "--name", "report", option, named)
    assert not ApiToken.objects.exists()
