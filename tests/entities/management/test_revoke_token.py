"""manage.py revoke_token: ends a token at once, and refuses what names none."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from entities.models import ApiToken, AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def headers() -> dict[str, str]:
    """Return the header with the token "report" of ann, who has another one too."""
    ann = User.objects.create_superuser("ann")
    ApiToken.issue(ann, "other")
    return {"authorization": f"Bearer {ApiToken.issue(ann, 'report')[1]}"}


def revoked(*arguments: str) -> str:
    out = StringIO()
    call_command("revoke_token", *arguments, stdout=out)
    return out.getvalue()


def test_a_revoked_token_is_answered_401_at_once(headers: dict[str, str]) -> None:
    assert Client().get("/api/v1/deals/", headers=headers).status_code == 200
    assert revoked("ann", "report") == (
        "Token 'report' of ann is revoked: whoever sends it is answered 401.\n"
    )
    assert Client().get("/api/v1/deals/", headers=headers).status_code == 401
    assert [token.name for token in ApiToken.objects.all()] == ["other"]


def test_a_token_can_be_named_by_its_number(headers: dict[str, str]) -> None:
    number = ApiToken.objects.get(name="report").pk
    revoked("--id", str(number))
    assert Client().get("/api/v1/deals/", headers=headers).status_code == 401
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.object_id, entry.detail) == ("token-revoked", str(number), {"owner": "ann"})


def test_the_name_of_a_revoked_token_can_be_given_again(headers: dict[str, str]) -> None:
    revoked("ann", "report")
    call_command("create_token", "ann", name="report", stdout=StringIO(), stderr=StringIO())
    assert ApiToken.objects.count() == 2


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "Say which token: revoke_token USER NAME, or revoke_token --id ID."),
        (("ann",), "Say which token"),
        (("ann", "report", "--id", "1"), "Say which token"),
        (("ann", "--id", "1"), "Say which token"),
        (("eve", "report"), "There is no user 'eve'"),
        (("ann", "nothing"), "ann has no token named 'nothing'; list_tokens --user ann lists them."),
        (("--id", "999999"), "There is no token 999999; list_tokens lists them."),
    ],
)
def test_what_names_no_token_is_refused_in_one_line(arguments: tuple[str, ...], reason: str) -> None:
    with pytest.raises(CommandError) as raised:
        revoked(*arguments)
    assert reason in str(raised.value)
    assert ApiToken.objects.count() == 2
    assert not AuditEntry.objects.exists()
