"""The history of many records at one address: the runs of each single record, in pages."""

import csv
import io
import json
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from entities.history.history_columns import history_columns
from entities.models import ApiToken, Contact, Deal, Name, SubAccount
from tests.support.access_limits import create_member, limit
from tests.support.api_client import (
    NOW,
    create_api_client,
    create_record,
    create_timeline_entry,
    ensure_source,
    get_json,
)

pytestmark = pytest.mark.django_db


def write_statuses(deal: Deal, *statuses: str | None, first_minute: int = 0) -> list[int]:
    """Create an entry a minute; return the ids of their events."""
    return [
        create_timeline_entry(deal, NOW + timedelta(minutes=minute), {"status": status}).event_id
        for minute, status in enumerate(statuses, first_minute)
    ]


def walk(client: Client, **query: Any) -> list[dict[str, Any]]:
    """Return the rows of all pages."""
    page = get_json(client, "history/", query)
    rows = page["results"]
    while page["next"]:
        page = client.get(page["next"]).json()
        rows += page["results"]
    return rows


def values(client: Client, **query: Any) -> list[Any]:
    return [row["value"] for row in walk(client, entity="deal", column="status", **query)]


def test_a_row_says_what_a_column_was_from_when_until_when_and_by_which_event(client: Client) -> None:
    deal = create_record(Deal)
    opened, _, won = write_statuses(deal, "open", "open", "won")
    assert walk(client, entity="deal", column="status") == [
        {
            "record": deal.pk,
            "column": "status",
            "value": "open",
            "name": None,
            "from": "2025-03-01T12:00:00.000000Z",
            "until": "2025-03-01T12:02:00.000000Z",
            "seconds": 120.0,
            "event": opened,
        },
        {
            "record": deal.pk,
            "column": "status",
            "value": "won",
            "name": None,
            "from": "2025-03-01T12:02:00.000000Z",
            "until": None,
            "seconds": None,
            "event": won,
        },
    ]


@pytest.mark.parametrize("page_size", [1, 3, 500])
def test_the_pages_hold_the_runs_of_all_single_histories(client: Client, page_size: int) -> None:
    random = Random(page_size)
    deals = [create_record(Deal) for _ in range(4)]
    for deal in deals:
        for minute in range(5):
            wrote = {
                "status": random.choice(("open", "won", None)),
                "stage_ref": random.choice(("7", "8")),
                "value": random.choice(("5.0000", "6.0000")),
                "exists": random.choice((True, False)),
            }
            names = random.sample(sorted(wrote), 3)
            create_timeline_entry(
                deal, NOW + timedelta(minutes=minute), {name: wrote[name] for name in names}
            )
    expected = [
        {"record": deal.pk, "column": column, "name": None} | run
        for deal in deals
        for column, history in sorted(get_json(client, f"deals/{deal.pk}/history/").items())
        for run in history["runs"]
    ]
    assert walk(client, entity="deal", page_size=page_size) == expected
    backward = walk(client, entity="deal", page_size=page_size, ordering="-record")
    assert backward == expected[::-1]


def test_rows_are_filtered_by_value_record_source_and_times(client: Client) -> None:
    first = create_record(Deal)
    second = create_record(Deal, source=ensure_source("other"))
    write_statuses(first, "open", "won")
    write_statuses(second, "open", "lost", first_minute=5)
    assert values(client) == ["open", "won", "open", "lost"]
    assert values(client, value="won") == ["won"]
    assert values(client, value__in="won,lost") == ["won", "lost"]
    assert values(client, record=second.pk) == ["open", "lost"]
    assert values(client, record__in=f"{first.pk},{second.pk}", value="open") == ["open", "open"]
    assert values(client, source="other") == ["open", "lost"]
    assert values(client, from__gte="2025-03-01T12:01:00Z", from__lt="2025-03-01T12:06:00Z") == [
        "won",
        "open",
    ]
    assert values(client, until__isnull="true") == ["won", "lost"]
    assert values(client, until__lte="2025-03-01T12:01:00Z") == ["open"]
    assert values(client, as_of="2025-03-01T12:06:00Z") == ["open", "won", "open"]
    assert values(client, as_of="2025-03-01") == []


@pytest.mark.parametrize("parameter", ["from", "from__gt", "from__gte"])
@pytest.mark.parametrize("minute", [0, 2, 5, 99])
def test_a_lower_bound_leaves_out_earlier_runs_and_no_others(
    client: Client, parameter: str, minute: int
) -> None:
    random = Random(minute)
    for _ in range(5):
        write_statuses(
            create_record(Deal), *random.choices(("open", "won", None), k=4), first_minute=minute % 3
        )
    moment = NOW + timedelta(minutes=minute)
    holds = {"from": moment.__eq__, "from__gt": moment.__lt__, "from__gte": moment.__le__}[parameter]
    every = walk(client, entity="deal", column="status")
    expected = [row for row in every if holds(datetime.fromisoformat(row["from"]))]
    assert walk(client, entity="deal", column="status", **{parameter: moment.isoformat()}) == expected


def test_the_run_that_lasted_at_a_time_in_the_past_has_no_end(client: Client) -> None:
    write_statuses(create_record(Deal), "open", "won")
    [row] = walk(client, entity="deal", column="status", as_of="2025-03-01T12:01:00Z")
    assert (row["value"], row["until"], row["seconds"]) == ("open", None, None)


def test_an_id_has_its_name_beside_it(client: Client) -> None:
    deal = create_record(Deal, scope="sa")
    create_timeline_entry(deal, NOW, {"stage_ref": "7", "stage_name": "Old"})
    Name.objects.create(source=deal.source, scope="sa", kind="stage", ref="7", name="Proposal")
    [row] = walk(client, entity="deal", column="stage")
    assert (row["value"], row["name"]) == ("7", "Proposal")


def test_deleted_records_have_a_history_too(client: Client) -> None:
    deal = create_record(Deal, is_deleted=True)
    create_timeline_entry(deal, NOW, {"exists": True})
    create_timeline_entry(deal, NOW + timedelta(days=1), {"exists": False})
    assert [row["value"] for row in walk(client, entity="deal", column="exists")] == [True, False]


@pytest.mark.parametrize("ordering", ["record", "-record"])
def test_a_file_has_the_rows_of_all_pages_without_names(client: Client, ordering: str) -> None:
    for minute in range(3):
        deal = create_record(Deal)
        write_statuses(deal, "open", None, "won", first_minute=minute)
    query = {"entity": "deal", "ordering": ordering}
    answer = client.get("/api/v1/history/", query | {"format": "ndjson"})
    assert answer.status_code == 200
    lines = b"".join(answer).decode().splitlines()
    keys = ("record", "column", "value", "from", "until", "seconds", "event")
    assert [json.loads(line) for line in lines] == [
        {name: row[name] for name in keys} for row in walk(client, **query, page_size=2)
    ]
    text = client.get("/api/v1/history/", query | {"format": "csv", "value": "won"})
    rows = list(csv.DictReader(io.StringIO(b"".join(text).decode())))
    assert [row["value"] for row in rows] == ["won"] * 3
    assert rows[0]["until"] == ""


@pytest.mark.parametrize(
    ("query", "parameter", "message"),
    [
        (
            {},
            "entity",
            "Write of which kind of record. Choose from: sub-account, lead, client, contact, deal",
        ),
        ({"entity": "deals"}, "entity", "'deals' is not a choice. Choose from: sub-account, lead"),
        ({"entity": "deal", "column": "title"}, "column", "Choose from: exists, value, currency, status"),
        ({"entity": "contact", "column": "lifecycle_stage,stage"}, "column", "'stage' is not a choice."),
        ({"entity": "deal", "as_of": "spring"}, "as_of", "'spring' is not a time."),
        ({"entity": "deal", "source__in": '"'}, "source__in", "Cannot read this list"),
        ({"entity": "deal", "stage": "7"}, "stage", "Unknown parameter."),
        ({"entity": "deal", "ordering": "from"}, "ordering", "Cannot order by 'from'. Choose from: record."),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_there_is(
    client: Client, query: dict[str, str], parameter: str, message: str
) -> None:
    errors = get_json(client, "history/", query, status=400)["errors"]
    assert list(errors) == [parameter]
    assert message in " ".join(errors[parameter])


def test_who_may_not_view_a_kind_of_record_does_not_see_its_history() -> None:
    client = create_api_client("view_contact")
    create_timeline_entry(create_record(Contact), NOW, {"lifecycle_stage": "lead"})
    assert len(walk(client, entity="contact", column="lifecycle_stage")) == 1
    assert get_json(client, "history/", {"entity": "deal"}, status=403)["status"] == 403
    assert Client().get("/api/v1/history/?entity=deal").status_code == 401


def test_a_token_of_one_sub_account_sees_the_runs_of_that_one_alone() -> None:
    source = ensure_source("shared", vendor="seedly")
    accounts = {name: create_record(SubAccount, source=source, external_id=name) for name in ("own", "other")}
    for name, account in accounts.items():
        for _ in range(2):
            deal = create_record(Deal, source=source, scope=name, sub_account=account)
            create_timeline_entry(deal, NOW, {"status": name})
    user = limit(create_member("Viewer"), source, "own")
    client = Client(headers={"authorization": f"Token {ApiToken.issue(user, 'x')[1]}"})
    assert values(client, page_size=1) == ["own", "own"]
    for query in ({"value": "other"}, {"sub_account": accounts["other"].pk}, {"record__in": deal.pk}):
        assert values(client, **query) == []


def test_a_page_takes_the_same_number_of_queries_for_any_number_of_runs(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Expect queries for the token and its limits, and the runs; for ids, the records and the names."""
    for count in (1, 30):
        for _ in range(count):
            deal = create_record(Deal)
            create_timeline_entry(deal, NOW, {"status": "won", "stage_ref": "7"})
        with django_assert_num_queries(3):
            get_json(client, "history/", {"entity": "deal", "column": "status"})
        with django_assert_num_queries(5):
            get_json(client, "history/", {"entity": "deal", "column": list(history_columns(Deal))})
