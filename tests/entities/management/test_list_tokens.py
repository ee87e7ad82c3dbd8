"""manage.py list_tokens: whose tokens there are, their limits, when they end, and their state."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries

from entities.models import ApiToken
from tests.support.access_limits import limit
from tests.support.api_client import ensure_source

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 3, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def tokens() -> None:
    """Create a limited token, one that has expired, and one of an inactive user."""
    ann, bob = User.objects.create_user("ann"), User.objects.create_user("bob", is_active=False)
    with time_machine.travel(NOW, tick=False):
        report, _ = ApiToken.issue(ann, "report", NOW + timedelta(days=30), ["deal", "formsubmission"])
        ApiToken.issue(ann, "archive", NOW - timedelta(days=1))
        ApiToken.issue(bob, "old")
    east = ensure_source("east")
    limit(report, east, "sa_1")
    limit(report, ensure_source("west"))
    ApiToken.objects.update(created_at=NOW)
    ApiToken.objects.filter(name="report").update(last_used_at=NOW)


def listed(*arguments: str) -> str:
    out = StringIO()
    with time_machine.travel(NOW, tick=False):
        call_command("list_tokens", *arguments, stdout=out)
    return out.getvalue()


def test_each_token_has_a_line_with_its_limits_and_state() -> None:
    lines = [" ".join(line.split()) for line in listed().splitlines()]
    ids = dict(ApiToken.objects.values_list("name", "pk"))
    assert lines == [
        "id user name state created expires last used limits",
        f"{ids['archive']} ann archive expired 2025-03-01 00:00 2025-02-28 00:00 never none",
        f"{ids['report']} ann report active 2025-03-01 00:00 2025-03-31 00:00 2025-03-01 00:00"
        " west, east/sa_1, deal, form-submission",
        f"{ids['old']} bob old user inactive 2025-03-01 00:00 never never none",
    ]


def test_json_has_the_same_for_programs() -> None:
    (token,) = [one for one in json.loads(listed("--json", "--user", "ann")) if one["name"] == "report"]
    assert token == {
        "id": ApiToken.objects.get(name="report").pk,
        "user": "ann",
        "name": "report",
        "state": "active",
        "created_at": "2025-03-01T00:00:00+00:00",
        "expires_at": "2025-03-31T00:00:00+00:00",
        "last_used_at": "2025-03-01T00:00:00+00:00",
        "sources": ["west"],
        "sub_accounts": ["east/sa_1"],
        "entities": ["deal", "form-submission"],
    }


def test_nothing_that_authenticates_is_listed() -> None:
    for text in (listed(), listed("--json")):
        assert not any(digest in text for digest in ApiToken.objects.values_list("digest", flat=True))


def test_only_the_tokens_of_one_user_are_listed_if_he_is_named() -> None:
    assert "archive" not in listed("--user", "bob")
    with pytest.raises(CommandError, match="There is no user 'eve'"):
        listed("--user", "eve")


def test_without_tokens_it_says_so() -> None:
    ApiToken.objects.all().delete()
    assert listed() == "There are no tokens.\n"
    assert json.loads(listed("--json")) == []


def test_more_tokens_take_no_more_queries(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(20):
        limit(ApiToken.issue(User.objects.get(username="ann"), f"n{number}")[0], ensure_source("east"))
    with django_assert_max_num_queries(2):
        listed()
