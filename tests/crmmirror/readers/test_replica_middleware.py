"""Reads from a streaming replica: what comes from it, what does not, and what happens if it is not well."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client, override_settings
from pytest_django import DjangoDbBlocker

from crmmirror.lib.database.replica_reads import NeedsPrimary, on_primary, reading_from_replica
from crmmirror.readers import replica_middleware, replica_state
from crmmirror.readers.replica_state import ReplicaMonitor
from entities.feed.numbering import number_changes
from entities.models import AccessLimit, ApiToken, AuditEntry, Deal, ViewedRecord
from tests.support.access_limits import create_member
from tests.support.replica import Replica, run_replica
from tests.support.staff_client import ensure_source, store_and_apply

pytestmark = pytest.mark.django_db(transaction=True)

DEALS = "/api/v1/deals/"
BEHIND = "X-Behind-Seconds"
CURSOR = "X-Changes-Cursor"


@pytest.fixture(scope="module")
def shared_replica(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Replica]:
    with django_db_blocker.unblock(), run_replica(tmp_path_factory.mktemp("replica")) as replica:
        yield replica


@pytest.fixture
def replica(shared_replica: Replica, monkeypatch: pytest.MonkeyPatch) -> Iterator[Replica]:
    """The replica, running and up to date, which this process reads from."""
    monitor = ReplicaMonitor()
    for module in (replica_state, replica_middleware):
        monkeypatch.setattr(module, "replica_monitor", monitor)
    # Each request looks, so that a test need not wait a second.
    monkeypatch.setattr(replica_state, "CHECK_SECONDS", 0.0)
    replica_state.replica_circuit.record_success()
    address = {"host": str(shared_replica.cluster.socket_directory)}
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "replica", address)
    shared_replica.catch_up()
    with override_settings(REPLICA_URL=shared_replica.url, REPLICA_MAX_SECONDS=1000):
        yield shared_replica
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    replica_state.replica_circuit.record_success()


@pytest.fixture
def paused(replica: Replica) -> Iterator[Replica]:
    """The replica, which takes in changes and applies none of them until the test ends."""
    Deal.objects.all().exists()
    yield replica
    replica.resume()
    replica.catch_up()


def create_deals(*external_ids: str) -> None:
    for external_id in external_ids:
        store_and_apply("deal.created", {"id": external_id, "title": external_id})
    number_changes()


def token_client(user: User | None = None) -> tuple[Client, ApiToken]:
    user = user or User.objects.create_superuser("boss")
    token, text = ApiToken.issue(user, "reports")
    return Client(headers={"authorization": f"Token {text}"}), token


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return sorted(row["external_id"] for row in answer.json()["results"])


def test_a_list_is_read_from_the_replica_and_says_how_far_it_is_behind(paused: Replica) -> None:
    create_deals("old")
    client, _ = token_client()
    paused.catch_up()
    paused.pause()
    create_deals("new")
    answer = client.get(DEALS)
    assert ids(answer) == ["old"]
    assert float(answer[BEHIND]) >= 0


def test_the_cursor_of_a_list_is_of_the_state_that_was_read(paused: Replica) -> None:
    create_deals("old")
    client, _ = token_client()
    paused.catch_up()
    paused.pause()
    create_deals("new", "newer")
    cursor = client.get(DEALS)[CURSOR]
    # The feed is of the primary: what the list lacked comes by it.
    changes = client.get("/api/v1/changes/", {"after": cursor})
    assert BEHIND not in changes
    assert sorted(change["external_id"] for change in changes.json()["results"]) == ["new", "newer"]


def test_pages_after_one_of_the_primary_are_not_older_than_it(paused: Replica) -> None:
    create_deals("a", "b")
    client, _ = token_client()
    paused.catch_up()
    paused.pause()
    create_deals("c")
    with override_settings(REPLICA_MAX_SECONDS=0):
        first = client.get(DEALS, {"page_size": "2", "ordering": "id"})
    assert (BEHIND in first, ids(first)) == (False, ["a", "b"])
    second = client.get(first.json()["next"])
    assert (BEHIND in second, ids(second)) == (False, ["c"])


def test_pages_after_one_of_the_replica_come_from_it(paused: Replica) -> None:
    create_deals("a", "b", "c")
    client, _ = token_client()
    paused.catch_up()
    paused.pause()
    first = client.get(DEALS, {"page_size": "2", "ordering": "id"})
    second = client.get(first.json()["next"])
    assert BEHIND in first
    assert (BEHIND in second, ids(second)) == (True, ["c"])


@pytest.mark.parametrize(
    ("address", "is_from_replica"),
    [
        (DEALS, True),
        ("/api/v1/deals/summary/", True),
        ("/api/v1/deals/?format=csv", True),
        ("/api/v1/history/?entity=deal", True),
        ("/api/v1/search/?q=old", True),
        ("/api/v1/events/", True),
        ("/api/v1/sources/", False),
        ("/api/v1/changes/", False),
        ("/api/v1/", False),
        ("/api/v1/schema/", False),
    ],
)
def test_addresses_of_the_api(replica: Replica, address: str, is_from_replica: bool) -> None:
    create_deals("old")
    client, _ = token_client()
    replica.catch_up()
    answer = client.get(address)
    assert (answer.status_code, BEHIND in answer) == (200, is_from_replica)
    answer.close()


@pytest.mark.parametrize(
    ("address", "is_from_replica"),
    [
        ("/admin/entities/deal/", True),
        ("/admin/entities/deal/{deal}/change/", True),
        ("/admin/entities/deal/{deal}/timeline/", True),
        ("/admin/entities/deal/export/?format=csv", True),
        ("/admin/board/", True),
        ("/admin/search/?q=nothing", True),
        ("/admin/events/event/", True),
        ("/admin/", False),
        ("/admin/auth/user/", False),
        ("/admin/events/source/", False),
        ("/admin/entities/apitoken/", False),
        ("/admin/entities/auditentry/", False),
        ("/admin/entities/name/", False),
        ("/admin/time-zone/", False),
    ],
)
def test_addresses_of_the_admin(replica: Replica, address: str, is_from_replica: bool) -> None:
    create_deals("old")
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    replica.catch_up()
    answer = client.get(address.format(deal=Deal.objects.get().pk))
    assert (answer.status_code, BEHIND in answer) == (200, is_from_replica)
    answer.close()


def test_what_a_page_writes_is_written_to_the_primary(replica: Replica) -> None:
    create_deals("old")
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    replica.catch_up()
    answer = client.get(f"/admin/entities/deal/{Deal.objects.get().pk}/change/")
    assert BEHIND in answer
    assert ViewedRecord.objects.count() == 1
    answer = client.get("/admin/entities/deal/export/?format=csv")
    assert b"old" in answer.getvalue()
    assert AuditEntry.objects.get().action == "export"


def test_what_the_replica_does_not_have_yet_is_looked_for_on_the_primary(paused: Replica) -> None:
    client, _ = token_client()
    browser = Client()
    browser.force_login(User.objects.get())
    paused.catch_up()
    paused.pause()
    create_deals("new")
    deal = Deal.objects.get()
    assert client.get(f"{DEALS}{deal.pk}/").status_code == 200
    assert browser.get(f"/admin/entities/deal/{deal.pk}/change/").status_code == 200
    assert client.get(f"{DEALS}0/").status_code == 404


def test_a_revoked_token_and_a_new_limit_count_at_once(paused: Replica) -> None:
    create_deals("old")
    client, token = token_client(create_member("Viewer"))
    paused.catch_up()
    paused.pause()
    assert ids(client.get(DEALS)) == ["old"]
    other = ensure_source("other")
    AccessLimit.objects.create(token=token, source=other)
    answer = client.get(DEALS)
    assert (ids(answer), BEHIND in answer) == ([], True)
    token.user.groups.clear()
    assert client.get(DEALS).status_code == 403
    token.delete()
    assert client.get(DEALS).status_code == 401


def test_a_new_token_and_a_new_login_serve_at_once(paused: Replica) -> None:
    paused.catch_up()
    paused.pause()
    client, _ = token_client()
    assert client.get(DEALS)[BEHIND]
    browser = Client()
    browser.force_login(User.objects.get())
    assert browser.get("/admin/entities/deal/")[BEHIND]


def test_a_session_that_has_posted_a_form_reads_from_the_primary_for_a_while(replica: Replica) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    replica.catch_up()
    assert BEHIND in client.get("/admin/entities/deal/")
    client.post("/admin/time-zone/", {"time_zone": "", "next": ""})
    assert BEHIND not in client.get("/admin/entities/deal/")
    session = client.session
    session["wrote_at"] -= 2000
    session.save()
    assert BEHIND in client.get("/admin/entities/deal/")


def test_a_replica_that_is_too_far_behind_is_not_read(paused: Replica) -> None:
    create_deals("old")
    client, _ = token_client()
    paused.catch_up()
    paused.pause()
    assert BEHIND in client.get(DEALS)
    create_deals("new")
    with override_settings(REPLICA_MAX_SECONDS=0):
        answer = client.get(DEALS)
    assert (ids(answer), BEHIND in answer) == (["new", "old"], False)


def test_an_idle_primary_leaves_its_replica_up_to_date(replica: Replica) -> None:
    client, _ = token_client()
    client.get(DEALS)
    replica.catch_up()
    assert client.get(DEALS)[BEHIND] == "0.0"


def test_a_replica_that_is_away_is_not_noticed_and_comes_back(replica: Replica) -> None:
    create_deals("old")
    client, _ = token_client()
    replica.catch_up()
    assert BEHIND in client.get(DEALS)
    replica.stop()
    try:
        for _ in range(3):
            answer = client.get(DEALS)
            assert (ids(answer), BEHIND in answer) == (["old"], False)
    finally:
        replica.start()
    replica.catch_up()
    replica_state.replica_circuit.record_success()
    assert BEHIND in client.get(DEALS)


def test_a_replica_that_is_frozen_holds_a_request_up_for_seconds_only(replica: Replica) -> None:
    create_deals("old")
    client, _ = token_client()
    replica.catch_up()
    assert BEHIND in client.get(DEALS)
    replica.freeze()
    try:
        answer = client.get(DEALS)
    finally:
        replica.thaw()
    assert (ids(answer), BEHIND in answer) == (["old"], False)


def test_an_error_of_the_replica_is_asked_again_of_the_primary(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_deals("old")
    client, _ = token_client()
    replica.catch_up()
    monkeypatch.setattr(replica_middleware, "_statement_seconds", lambda _: 0.000_001)
    answer = client.get(DEALS)
    assert (ids(answer), BEHIND in answer) == (["old"], False)


def test_an_address_that_leads_to_the_primary_itself_is_no_replica(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = {"host": connection.settings_dict["OPTIONS"]["host"]}
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "replica", address)
    client, _ = token_client()
    assert BEHIND not in client.get(DEALS)
    assert "no standby" in ReplicaMonitor().read_state().detail


def test_within_a_transaction_there_is_no_way_to_the_other_server(replica: Replica) -> None:
    with reading_from_replica(0.0), transaction.atomic():
        switch = on_primary()
        with pytest.raises(NeedsPrimary):
            switch.__enter__()


def test_without_a_replica_an_answer_says_nothing_of_one() -> None:
    client, _ = token_client()
    create_deals("old")
    assert BEHIND not in client.get(DEALS)
