"""The change feed by its address: what it tells of each record, where it goes on, and what it refuses."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.api.changes.change_cursors import CHANGES_CURSOR_HEADER
from entities.models import Change, ChangeNote, Deal, FeedLife
from events.models import Event, Source
from tests.support.api_client import create_api_client, get_json
from tests.support.applied_events import LATER_TIME, apply_heffl_event
from tests.support.feed_copy import EVERYTHING, FeedCopy, read_lists, without_names
from tests.support.random_histories import ensure_source, store_event
from tests.support.rebuild_helpers import deliver_generated_events

pytestmark = pytest.mark.django_db


def apply_deal(title: str = "a", key: str = "d1", event: str = "deal.created", **options: Any) -> Event:
    return apply_heffl_event(event, {"id": key, "title": title}, **options)


def get_changes(client: Client, status: int = 200, **query: Any) -> Any:
    return get_json(client, "changes/", query, status)


def get_cursor(client: Client, path: str = "deals/") -> str:
    return client.get(f"/api/v1/{path}").headers[CHANGES_CURSOR_HEADER]


def test_a_reader_from_zero_gets_each_record_once_as_it_is_now(client: Client) -> None:
    apply_deal("a")
    apply_deal("b", event="deal.updated", at=LATER_TIME)
    deal = Deal.objects.get()
    page = get_changes(client)
    assert page["results"] == [
        {
            "op": "upsert",
            "entity": "deal",
            "id": deal.pk,
            "source": "heffl",
            "scope": "",
            "external_id": "d1",
            "record": get_json(client, f"deals/{deal.pk}/"),
        }
    ]
    assert page["results"][0]["record"]["title"] == "b"
    assert page["next"] is None
    assert (page["pending"], page["behind_seconds"]) == (0, 0)


def test_a_record_that_changes_comes_again_and_no_other(client: Client) -> None:
    apply_deal("a", "d1")
    apply_deal("a", "d2")
    cursor = get_changes(client)["cursor"]
    assert get_changes(client, after=cursor)["results"] == []
    apply_deal("b", "d1", "deal.updated", at=LATER_TIME)
    (change,) = get_changes(client, after=cursor)["results"]
    assert (change["external_id"], change["record"]["title"]) == ("d1", "b")


def test_an_event_that_changes_no_column_changes_nothing_in_the_feed(client: Client) -> None:
    apply_deal("b", at=LATER_TIME)
    cursor = get_changes(client)["cursor"]
    # Its values are older than what is there, and so is the time of the first event that it would set.
    apply_deal("a", event="deal.updated", at=LATER_TIME)
    changed_at = Deal.objects.get().changed_at
    before = get_changes(client, after=cursor)["cursor"]
    Event.objects.update(status="pending")
    apply_deal("b", at=LATER_TIME)
    assert Deal.objects.get().changed_at == changed_at
    assert get_changes(client, after=before)["results"] == []


def test_a_payment_changes_its_invoice_too(client: Client) -> None:
    apply_heffl_event("invoice.created", {"id": "i", "total": 100})
    cursor = get_changes(client)["cursor"]
    apply_heffl_event("payment.received", {"id": "p", "invoiceId": "i", "amount": 30})
    changes = {change["entity"]: change for change in get_changes(client, after=cursor)["results"]}
    assert changes["invoice"]["record"]["amount_open"] == "70.00"
    assert "payment" in changes


def test_a_list_gives_the_cursor_of_its_own_rows(client: Client) -> None:
    apply_deal("a", "d1")
    cursor = get_cursor(client)
    apply_deal("a", "d2")
    assert [change["external_id"] for change in get_changes(client, after=cursor)["results"]] == ["d2"]


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_file_of_a_list_gives_the_cursor_of_its_own_rows(form: str, client: Client) -> None:
    apply_deal("a", "d1")
    answer = client.get("/api/v1/deals/", {"format": form})
    assert b"d1" in b"".join(answer)
    apply_deal("a", "d2")
    cursor = answer.headers[CHANGES_CURSOR_HEADER]
    assert [change["external_id"] for change in get_changes(client, after=cursor)["results"]] == ["d2"]


def test_pages_follow_each_other_until_there_is_no_next(client: Client) -> None:
    deliver_generated_events(60)
    client.get("/api/v1/")
    copy = FeedCopy(client)
    copy.follow(page_size=7)
    assert copy.rows == read_lists(client)
    assert copy.deletes == []
    assert len(copy.rows) == Change.objects.count() > 50


def test_next_is_the_address_of_the_page_after_the_cursor(client: Client) -> None:
    apply_deal("a", "d1")
    apply_deal("a", "d2")
    page = get_changes(client, page_size=1, entity="deal")
    further = client.get(page["next"]).json()
    assert [change["external_id"] for change in further["results"]] == ["d2"]
    assert further["next"] is None
    assert "entity=deal" in page["next"]


@pytest.mark.parametrize("flags", [{}, {"include_deleted": "true"}, EVERYTHING])
def test_a_copy_stays_equal_to_the_list_with_the_same_flags(flags: dict[str, str], client: Client) -> None:
    deliver_generated_events(40, seed=1)
    rows = read_lists(client, flags)
    copy = FeedCopy(client, query=flags, rows=rows, cursor=get_cursor(client))
    deliver_generated_events(80, seed=2)
    copy.follow()
    assert without_names(copy.rows) == without_names(read_lists(client, flags))
    assert any(row["is_deleted"] for row in copy.rows.values()) == ("include_deleted" in flags)


def test_a_deleted_record_is_a_delete_unless_the_copy_keeps_deleted_ones(client: Client) -> None:
    apply_deal()
    cursor = get_cursor(client)
    apply_deal(event="deal.deleted", at=LATER_TIME)
    (change,) = get_changes(client, after=cursor)["results"]
    assert (change["op"], change["record"]) == ("delete", None)
    (change,) = get_changes(client, after=cursor, include_deleted="true")["results"]
    assert (change["op"], change["record"]["is_deleted"]) == ("upsert", True)


def test_only_the_kinds_that_are_asked_for_are_told(client: Client) -> None:
    apply_deal()
    apply_heffl_event("lead.created", {"id": "l"})
    apply_heffl_event("client.created", {"id": "c"})
    for entity in ("lead,deal", ["lead", "deal"]):
        found = {change["entity"] for change in get_changes(client, entity=entity)["results"]}
        assert found == {"lead", "deal"}


def test_a_cursor_goes_on_for_its_own_parameters_only(client: Client) -> None:
    apply_deal()
    cursor = get_changes(client, entity="deal,lead")["cursor"]
    assert get_changes(client, after=cursor, entity="deal")["results"] == []
    for other in ({}, {"entity": "client"}, {"entity": "deal", "include_deleted": "true"}):
        errors = get_changes(client, 400, after=cursor, **other)["errors"]
        assert "entity=deal,lead" in errors["after"][0]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"after": "junk"}, "after"),
        ({"after": ""}, "after"),
        ({"after": "ü\0"}, "after"),
        ({"entity": "nothing"}, "entity"),
        ({"include_deleted": "perhaps"}, "include_deleted"),
        ({"page_size": "501"}, "page_size"),
        ({"cursor": "x"}, "cursor"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(query: dict[str, str], name: str, client: Client) -> None:
    assert list(get_changes(client, 400, **query)["errors"]) == [name]


def restart_server() -> None:
    """Make what is known of the server's present run that of another one."""
    FeedLife.objects.update(server_run="before the restart")


def test_after_a_restart_of_the_server_a_cursor_goes_on(client: Client) -> None:
    apply_deal("a", "d1")
    cursor = get_changes(client)["cursor"]
    restart_server()
    assert get_changes(client, after=cursor)["results"] == []
    apply_deal("a", "d2")
    assert FeedLife.objects.count() == 2
    assert [change["external_id"] for change in get_changes(client, after=cursor)["results"]] == ["d2"]


def test_pages_over_a_restart_of_the_server_follow_each_other(client: Client) -> None:
    """A cursor between two pages is of the life in which its number was given."""
    copy = FeedCopy(client)
    copy.follow()
    for key in ("d1", "d2", "d3"):
        apply_deal(key=key)
    copy.follow(page_size=1)
    restart_server()
    for key in ("d4", "d5", "d6"):
        apply_deal(key=key)
    copy.follow(page_size=1)
    assert copy.rows == read_lists(client)


def test_a_cursor_whose_number_was_lost_and_given_again_is_gone(client: Client) -> None:
    apply_deal("a", "d1")
    covered = get_changes(client)["cursor"]
    apply_deal("a", "d2")
    lost = get_changes(client)["cursor"]
    # The database is restored to the state before d2.
    Change.objects.filter(external_id="d2").delete()
    Deal.objects.filter(external_id="d2").delete()
    restart_server()
    apply_deal("a", "d3")
    apply_deal("a", "d4")
    problem = get_changes(client, 410, after=lost)
    assert "Start again" in problem["detail"]
    assert len(get_changes(client, after=covered)["results"]) == 2


def test_a_cursor_of_another_database_is_gone(client: Client) -> None:
    apply_deal()
    cursor = get_changes(client)["cursor"]
    FeedLife.objects.update(life=uuid4())
    get_changes(client, 410, after=cursor)


def test_a_cursor_beyond_the_end_of_the_feed_is_gone(client: Client) -> None:
    apply_deal("a", "d1")
    apply_deal("a", "d2")
    cursor = get_changes(client)["cursor"]
    Change.objects.order_by("-number")[:1].get().delete()
    get_changes(client, 410, after=cursor)


def test_what_is_not_numbered_yet_is_numbered_by_its_reader(client: Client) -> None:
    apply_deal()
    change = Change.objects.get()
    cursor = get_changes(client)["cursor"]
    ChangeNote.objects.create(
        noted_at=change.noted_at,
        record_types=["deal"],
        record_ids=[change.record_id],
        source_ids=[change.source_id],
        scopes=[""],
        external_ids=["d1"],
    )
    assert len(get_changes(client, after=cursor)["results"]) == 1
    assert not ChangeNote.objects.exists()


def test_events_that_wait_are_pending_and_say_for_how_long(client: Client) -> None:
    apply_deal()
    store_event(ensure_source("heffl"), b"{}")
    page = get_changes(client)
    assert page["pending"] == 1
    assert page["behind_seconds"] > 0


def test_without_the_permission_for_a_kind_of_record_it_is_not_told(client: Client) -> None:
    apply_deal()
    apply_heffl_event("lead.created", {"id": "l"})
    reader = create_api_client("view_lead")
    assert {change["entity"] for change in get_changes(reader)["results"]} == {"lead"}
    get_changes(reader, 403, entity="deal")


def test_a_page_takes_few_queries_whatever_is_on_it(client: Client) -> None:
    deliver_generated_events(300)
    with CaptureQueriesContext(connection) as queries:
        page = get_changes(client, page_size=500, entity="deal", include_deleted="true")
    assert len(page["results"]) > 20
    # The token and its limits, the notes, the end of the feed, the changes, what is behind (3), and the
    # records with their names.
    assert len(queries) == 9
    with CaptureQueriesContext(connection) as queries:
        page = get_changes(client, page_size=500, **dict[str, Any](EVERYTHING))
    assert len(queries) <= 8 + len({change["entity"] for change in page["results"]})


def test_the_api_lists_the_feed(client: Client) -> None:
    assert get_json(client, "")["changes"].endswith("/api/v1/changes/")


def test_nobody_reads_the_feed_without_a_token() -> None:
    assert Client().get("/api/v1/changes/").status_code == 401
    assert Source.objects.count() == 0
