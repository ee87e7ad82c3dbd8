"""Readers who see some sources and sub-accounts only, and what the feed tells them when that changes."""

import pytest
from django.test import Client

from entities.models import AccessLimit, ApiToken
from events.models import Source
from tests.support.access_limits import create_member, limit
from tests.support.api_client import get_json
from tests.support.feed_copy import EVERYTHING, FeedCopy, read_lists
from tests.support.marked_events import store_marked_events
from tests.support.rebuild_helpers import run_rebuild_mirror
from tests.support.staff_client import ensure_source

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Source:
    return ensure_source("shared", "seedly")


@pytest.fixture
def token(source: Source) -> ApiToken:
    """Return a token that sees the sub-account north alone."""
    token, text = ApiToken.issue(create_member("Viewer"), "feed")
    token.text = text  # type: ignore[attr-defined]
    limit(token, source, "north")
    return token


@pytest.fixture
def client(token: ApiToken) -> Client:
    return Client(headers={"authorization": f"Token {token.text}"})  # type: ignore[attr-defined]


def test_a_reader_of_one_sub_account_is_told_of_no_other(source: Source, client: Client) -> None:
    store_marked_events(source, "north")
    store_marked_events(source, "south", copies=2)
    copy = FeedCopy(client)
    copy.follow(page_size=5)
    assert copy.rows == read_lists(client)
    assert {row["source"] for row in copy.rows.values()} == {"shared"}
    assert len(copy.rows) >= 10
    answer = client.get("/api/v1/changes/", EVERYTHING | {"page_size": "500"})
    assert "south" not in answer.content.decode()
    assert copy.deletes == []


def test_what_waits_in_another_sub_account_is_no_matter_of_the_reader(source: Source, client: Client) -> None:
    store_marked_events(source, "south")
    page = get_json(client, "changes/", {"page_size": 500})
    assert (page["results"], page["pending"], page["behind_seconds"]) == ([], 0, 0)


def test_what_a_reader_does_not_see_any_more_arrives_as_deleted(
    source: Source, token: ApiToken, client: Client
) -> None:
    for name in ("north", "south"):
        store_marked_events(source, name)
    limit(token, source, "south")
    copy = FeedCopy(client)
    copy.follow()
    before = set(copy.rows)
    AccessLimit.objects.filter(scope="south").delete()
    copy.follow(page_size=3)
    assert copy.rows == read_lists(client)
    assert 0 < len(copy.rows) < len(before)
    assert set(copy.deletes) == before - set(copy.rows)


def test_what_a_reader_sees_in_addition_arrives_too(source: Source, token: ApiToken, client: Client) -> None:
    for name in ("north", "south"):
        store_marked_events(source, name)
    copy = FeedCopy(client)
    copy.follow()
    before = len(copy.rows)
    limit(token, source, "south")
    copy.follow(page_size=3)
    assert copy.rows == read_lists(client)
    assert len(copy.rows) > before


def test_a_record_that_a_reader_never_saw_is_not_told_as_deleted(
    source: Source, token: ApiToken, client: Client
) -> None:
    """It came to the sub-account after he had ceased to see that one."""
    store_marked_events(source, "north")
    limit(token, source, "south")
    copy = FeedCopy(client)
    copy.follow()
    AccessLimit.objects.filter(scope="south").delete()
    store_marked_events(source, "south")
    copy.follow(page_size=3)
    assert copy.deletes == []
    assert copy.rows == read_lists(client)


def test_limits_that_change_twice_within_one_walk_mean_to_start_again(
    source: Source, token: ApiToken, client: Client
) -> None:
    for name in ("north", "south"):
        store_marked_events(source, name)
    copy = FeedCopy(client)
    copy.follow()
    limit(token, source, "south")
    assert copy.read_page(page_size=3)
    AccessLimit.objects.filter(scope="south").delete()
    limit(token, source, "west")
    problem = get_json(client, "changes/", copy.query | {"after": copy.cursor}, 410)
    assert "What you may see has changed" in problem["detail"]


@pytest.mark.parametrize("sees_more_first", [True, False])
def test_limits_that_change_and_change_back_within_one_walk_mean_to_start_again(
    sees_more_first: bool, source: Source, token: ApiToken, client: Client
) -> None:
    """Else the copy keeps what the walk has brought, or lacks what it has deleted, for ever."""

    def see_south(*, is_seen: bool) -> None:
        if is_seen:
            limit(token, source, "south")
        else:
            AccessLimit.objects.filter(scope="south").delete()

    for name in ("north", "south"):
        store_marked_events(source, name)
    see_south(is_seen=not sees_more_first)
    copy = FeedCopy(client)
    copy.follow()
    see_south(is_seen=sees_more_first)
    assert copy.read_page(page_size=3)
    see_south(is_seen=not sees_more_first)
    problem = get_json(client, "changes/", copy.query | {"after": copy.cursor}, 410)
    assert "What you may see has changed" in problem["detail"]


def test_limits_too_many_for_a_cursor_mean_to_start_again_when_they_change(
    source: Source, token: ApiToken, client: Client
) -> None:
    store_marked_events(source, "north")
    limit(token, source, *(f"account-{number}" for number in range(100)))
    copy = FeedCopy(client)
    copy.follow()
    assert len(copy.cursor or "") < 1000
    copy.follow()
    limit(token, source, "one-more")
    get_json(client, "changes/", copy.query | {"after": copy.cursor}, 410)


def test_a_permission_that_is_taken_away_deletes_what_it_showed(source: Source, client: Client) -> None:
    store_marked_events(source, "north")
    copy = FeedCopy(client)
    copy.follow()
    member = ApiToken.objects.get().user
    member.groups.clear()
    copy.follow()
    assert copy.rows == {}


@pytest.mark.django_db(transaction=True)
def test_what_a_rebuild_deletes_is_told_to_those_who_saw_it(source: Source, client: Client) -> None:
    store_marked_events(source, "north")
    store_marked_events(source, "south")
    copy = FeedCopy(client)
    copy.follow()
    before = set(copy.rows)
    source.events.all().delete()
    run_rebuild_mirror()
    copy.follow()
    assert copy.rows == {}
    assert set(copy.deletes) == before
