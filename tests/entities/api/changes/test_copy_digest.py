"""The digest that a copy is compared with: a client computes the same from its rows."""

from typing import Any

import pytest
from django.test import Client

from entities.api.changes import copy_digest
from entities.models import Deal
from tests.support.api_client import get_json
from tests.support.applied_events import LATER_TIME, apply_heffl_event
from tests.support.feed_copy import FeedCopy, compute_digest
from tests.support.rebuild_helpers import deliver_generated_events

pytestmark = pytest.mark.django_db


def get_digest(client: Client, status: int = 200, **query: Any) -> Any:
    return get_json(client, "changes/digest/", {"entity": "deal"} | query, status)


def assert_same(client: Client, copy: FeedCopy) -> None:
    answer = get_digest(client, at=copy.cursor, **copy.query)
    rows = [
        row for (entity, id), row in copy.rows.items() if entity == "deal" and id not in answer["changed"]
    ]
    assert (len(rows), compute_digest(rows)) == (answer["count"], answer["digest"])


@pytest.mark.parametrize("flags", [{}, {"include_deleted": "true", "include_placeholders": "true"}])
def test_a_copy_has_the_digest_of_the_mirror(flags: dict[str, str], client: Client) -> None:
    deliver_generated_events(100)
    copy = FeedCopy(client, query=flags)
    copy.follow()
    assert_same(client, copy)
    assert get_digest(client, at=copy.cursor, **dict[str, Any](flags))["changed"] == []


def test_what_has_changed_since_the_cursor_is_named_and_left_out(client: Client) -> None:
    for id in ("d1", "d2", "d3"):
        apply_heffl_event("deal.created", {"id": id, "title": "a"})
    copy = FeedCopy(client)
    copy.follow()
    apply_heffl_event("deal.updated", {"id": "d2", "title": "b"}, at=LATER_TIME)
    answer = get_digest(client, at=copy.cursor, **copy.query)
    assert (answer["count"], answer["changed"]) == (2, [Deal.objects.get(external_id="d2").pk])
    assert_same(client, copy)


def test_a_copy_that_has_lost_a_change_has_another_digest(client: Client) -> None:
    apply_heffl_event("deal.created", {"id": "d1", "title": "a"})
    copy = FeedCopy(client)
    copy.follow()
    stale = list(copy.rows.values())
    apply_heffl_event("deal.updated", {"id": "d1", "title": "b"}, at=LATER_TIME)
    copy.follow()
    answer = get_digest(client, at=copy.cursor, **copy.query)
    assert answer["digest"] != compute_digest(stale)
    assert answer["digest"] == compute_digest(copy.rows.values())


def test_a_copy_that_is_far_behind_is_told_to_follow_first(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = FeedCopy(client)
    copy.follow()
    monkeypatch.setattr("entities.api.changes.changes_view.MAX_CHANGED", 1)
    for id in ("d1", "d2"):
        apply_heffl_event("deal.created", {"id": id})
    assert "Follow the changes" in get_digest(client, 409, at=copy.cursor, **copy.query)["detail"]
    assert copy_digest.MAX_CHANGED > 1


def test_without_a_cursor_it_is_the_digest_of_the_records_of_now(client: Client) -> None:
    apply_heffl_event("deal.created", {"id": "d1"})
    copy = FeedCopy(client)
    copy.follow()
    assert get_digest(client)["digest"] == compute_digest(copy.rows.values())


@pytest.mark.parametrize(
    ("query", "name"), [({"entity": "nothing"}, "entity"), ({"at": "junk"}, "at"), ({"after": "x"}, "after")]
)
def test_a_parameter_that_cannot_be_used_is_named(query: dict[str, str], name: str, client: Client) -> None:
    assert list(get_digest(client, 400, **query)["errors"]) == [name]


def test_the_entity_has_to_be_named(client: Client) -> None:
    assert list(get_json(client, "changes/digest/", status=400)["errors"]) == ["entity"]


def test_a_cursor_of_other_parameters_is_refused(client: Client) -> None:
    copy = FeedCopy(client, query={"entity": "lead"})
    copy.follow()
    assert "entity=lead" in get_digest(client, 400, at=copy.cursor)["errors"]["at"][0]
