"""Summaries of lists: counts, sums and means by group, now and as of a time."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from entities.api.summaries import summary_rows
from entities.api.summaries.group_columns import group_columns
from entities.api.summaries.measures import buckets, measures
from entities.api.views import api_path
from entities.merge.clock import parse_clock
from entities.models import (
    ApiToken,
    Deal,
    Invoice,
    Name,
    Record,
    SubAccount,
    TimelineEntry,
)
from entities.models import (
    Client as Company,
)
from entities.models.introspection import record_models
from tests.support.access_limits import create_member, limit
from tests.support.api_client import (
    NOW,
    create_api_client,
    create_record,
    create_timeline_entry,
    ensure_source,
    get_json,
)
from tests.support.random_histories import digest_after_batches, generate_bodies, store_history

pytestmark = pytest.mark.django_db


def summarize(client: Client, path: str = "deals", **query: Any) -> list[dict[str, Any]]:
    return get_json(client, f"{path}/summary/", query)["results"]


def test_without_a_group_all_records_of_the_filters_are_counted(client: Client) -> None:
    assert summarize(client) == [{"count": 0}]
    for status in ("won", "won", "lost"):
        create_record(Deal, status=status)
    create_record(Deal, is_deleted=True)
    assert summarize(client) == [{"count": 3}]
    assert summarize(client, status="won") == [{"count": 2}]
    assert summarize(client, include_deleted="true") == [{"count": 4}]


def test_the_values_of_a_column_are_counted_and_those_without_one_come_last(client: Client) -> None:
    for status in ("won", None, "lost", "won"):
        create_record(Deal, status=status, priority="high")
    assert summarize(client, group_by="status") == [
        {"status": "lost", "count": 1},
        {"status": "won", "count": 2},
        {"status": None, "count": 1},
    ]
    assert summarize(client, group_by="status,priority", status="won") == [
        {"status": "won", "priority": "high", "count": 2}
    ]


def test_money_is_added_for_each_stated_currency_and_apart_where_none_is_stated(client: Client) -> None:
    assuming = ensure_source("assuming", assumed_currency="AED")
    for source, currency, total in (
        (ensure_source(), "EUR", "1.10"),
        (assuming, "EUR", "2.2"),
        (assuming, None, "4"),
        (ensure_source(), None, "8"),
        (ensure_source(), "EUR", None),
    ):
        create_record(Invoice, source=source, currency=currency, total=total)
    assert summarize(client, "invoices", measure="count,sum:total,avg:total") == [
        {"currency": "EUR", "assumed_currency": None, "count": 3, "sum_total": "3.30", "avg_total": "1.65"},
        {"currency": None, "assumed_currency": "AED", "count": 1, "sum_total": "4.00", "avg_total": "4.00"},
        {"currency": None, "assumed_currency": None, "count": 1, "sum_total": "8.00", "avg_total": "8.00"},
    ]


def test_deals_of_two_sources_that_assume_two_currencies_are_not_added(client: Client) -> None:
    for slug, currency in (("a", "AED"), ("b", "USD")):
        create_record(Deal, source=ensure_source(slug, assumed_currency=currency), value="5")
    assert [row["assumed_currency"] for row in summarize(client, measure="sum:value")] == ["AED", "USD"]


def test_deals_are_added_for_each_stated_currency_and_apart_where_they_state_none(client: Client) -> None:
    source = ensure_source("dubai", assumed_currency="AED")
    for value, currency in (("5", "EUR"), ("6", "EUR"), ("7", None)):
        create_record(Deal, source=source, value=value, currency=currency)
    assert summarize(client, measure="sum:value") == [
        {"currency": "EUR", "assumed_currency": None, "sum_value": "11.00"},
        {"currency": None, "assumed_currency": "AED", "sum_value": "7.00"},
    ]
    assert summarize(client, group_by="currency") == [
        {"currency": "EUR", "count": 2},
        {"currency": None, "count": 1},
    ]


def test_sums_are_exact_where_floating_point_is_not(client: Client) -> None:
    for value in ("9999999999999999.9999", "0.0001", "0.0003"):
        create_record(Deal, value=value)
    [row] = summarize(client, measure="sum:value,avg:value")
    assert (row["sum_value"], row["avg_value"]) == ("10000000000000000.0003", "3333333333333333.3334")


def test_a_group_without_an_amount_has_no_sum(client: Client) -> None:
    create_record(Deal)
    [row] = summarize(client, measure="count,sum:value,avg:value")
    assert (row["count"], row["sum_value"], row["avg_value"]) == (1, None, None)


def test_a_bucket_is_the_first_day_of_a_period_in_the_time_zone(client: Client) -> None:
    for moment in ("2025-01-31T21:00:00Z", "2025-02-01T00:00:00Z", None):
        create_record(Deal, created_at=moment)
    query = {"bucket": "month:created_at"}
    assert [row["created_at_month"] for row in summarize(client, **query)] == [
        "2025-01-01",
        "2025-02-01",
        None,
    ]
    assert summarize(client, **query, tz="Asia/Dubai") == [
        {"created_at_month": "2025-02-01", "count": 2},
        {"created_at_month": None, "count": 1},
    ]


@pytest.mark.parametrize(
    ("period", "first_day"),
    [
        ("day", "2025-05-15"),
        ("week", "2025-05-12"),
        ("month", "2025-05-01"),
        ("quarter", "2025-04-01"),
        ("year", "2025-01-01"),
    ],
)
def test_times_and_dates_have_the_same_periods(client: Client, period: str, first_day: str) -> None:
    create_record(Deal, created_at="2025-05-15T12:00:00Z", expected_close_date="2025-05-15")
    for column in ("created_at", "expected_close_date"):
        [row] = summarize(client, bucket=f"{period}:{column}")
        assert row[f"{column}_{period}"] == first_day


def test_ids_stand_with_their_names_by_source_and_sub_account(client: Client) -> None:
    account = create_record(SubAccount, external_id="sa")
    for _ in range(2):
        create_record(Deal, scope="sa", sub_account=account, owner_ref="7", owner_name="As the deal says")
    create_record(Deal, owner_ref="7")
    Name.objects.create(source=account.source, scope="sa", kind="person", ref="7", name="Ida")
    own = {"source": "acme", "owner_ref": "7", "count": 2, "sub_account": account.pk, "owner": "Ida"}
    other = {"source": "acme", "owner_ref": "7", "count": 1, "sub_account": None, "owner": None}
    assert summarize(client, group_by="owner_ref") == [other, own]


def test_a_stage_is_its_id_or_where_there_is_none_its_name(client: Client) -> None:
    create_record(Deal, stage_ref="7", stage_name="Old name")
    create_record(Deal, stage_ref="7", stage_name="New name")
    create_record(Deal, stage_name="Sent")
    Name.objects.create(source=ensure_source(), kind="stage", ref="7", vendor_name="New name")
    rows = [(row["stage_ref"], row["stage"], row["count"]) for row in summarize(client, group_by="stage")]
    assert rows == [("7", "New name", 2), (None, "Sent", 1)]


@pytest.mark.parametrize("model", record_models(), ids=api_path)
def test_every_group_measure_and_bucket_of_every_entity_counts_each_record_once(
    client: Client, model: type[Record]
) -> None:
    """Ask for each group, bucket and measure that is offered, in turn; also as of a time."""
    for number in range(3):
        create_record(model, external_id=f"r{number}")
    for name in group_columns(model):
        assert sum(row["count"] for row in summarize(client, api_path(model), group_by=name)) == 3, name
    for name in buckets(model):
        assert sum(row["count"] for row in summarize(client, api_path(model), bucket=name)) == 3, name
    for name, measure in measures(model).items():
        assert all(measure.key in row for row in summarize(client, api_path(model), measure=name)), name
    assert summarize(client, api_path(model), as_of="2025-01-01") == [{"count": 0}]


@pytest.mark.parametrize(
    ("query", "parameter", "message"),
    [
        ({"group_by": "title"}, "group_by", "'title' is not a choice. Choose from: source, sub_account"),
        ({"measure": "sum:title"}, "measure", "Choose from: count, sum:value, avg:value."),
        ({"bucket": "hour:created_at"}, "bucket", "year:created_at"),
        ({"tz": "Dubai"}, "tz", "such as Asia/Dubai"),
        ({"as_of": "spring"}, "as_of", "'spring' is not a time."),
        ({"as_of": "0001-01-01", "tz": "Asia/Dubai"}, "as_of", "out of range"),
        (
            {"as_of": "2025-01-01", "group_by": "client"},
            "group_by",
            "Not known as of a time: client. With as_of",
        ),
        (
            {"as_of": "2025-01-01", "bucket": "day:closed_at"},
            "bucket",
            "Not known as of a time: day:closed_at",
        ),
        (
            {"as_of": "2025-01-01", "client": "1"},
            "client",
            "Not known as of a time. With as_of, filter by: id",
        ),
        ({"as_of": "2025-01-01", "include_placeholders": "true"}, "include_placeholders", "Not known as of"),
        ({"page_size": "5"}, "page_size", "Unknown parameter."),
        ({"status__is": "won"}, "status__is", "Unknown parameter."),
        ({"value__gte": "x"}, "value__gte", ""),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_there_is(
    client: Client, query: dict[str, str], parameter: str, message: str
) -> None:
    errors = get_json(client, "deals/summary/", query, status=400)["errors"]
    assert list(errors) == [parameter]
    assert message in " ".join(errors[parameter])


def test_too_many_groups_are_refused_with_what_to_do(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary_rows, "MAX_GROUPS", 2)
    for number in range(3):
        create_record(Deal, client=create_record(Company), status=f"s{number % 2}")
    assert len(summarize(client, group_by="status")) == 2
    errors = get_json(client, "deals/summary/", {"group_by": "client"}, status=400)["errors"]
    assert errors == {
        "group_by": [
            "There are more than 2 groups. Narrow them with filters, or group by less or by a longer period."
        ]
    }


def test_the_pipeline_of_a_day_in_the_past_is_what_was_known_then(client: Client) -> None:
    won, gone, late = (
        create_record(Deal, status="won"),
        create_record(Deal, is_deleted=True),
        create_record(Deal),
    )
    for deal, days, wrote in (
        (won, 0, {"status": "open", "value": "5.0000", "exists": True}),
        (won, 2, {"status": "won", "value": "9.0000"}),
        (gone, 0, {"status": "open", "value": "2.0000", "exists": True}),
        (gone, 2, {"exists": False}),
        (late, 2, {"status": "open", "exists": True}),
    ):
        create_timeline_entry(deal, NOW + timedelta(days=days), wrote)
    query = {"group_by": "status", "measure": "count,sum:value"}
    [row] = summarize(client, **query, as_of="2025-03-02")
    assert (row["status"], row["count"], row["sum_value"]) == ("open", 2, "7.00")
    assert summarize(client, as_of="2025-03-01") == [{"count": 0}]
    assert summarize(client, as_of="2025-03-02", status="won") == [{"count": 0}]
    assert summarize(client, as_of="2025-03-02", value__gte="5") == [{"count": 1}]
    assert summarize(client, as_of="2025-03-04") == [{"count": 2}]
    assert summarize(client, as_of="2025-03-04", include_deleted="true") == [{"count": 3}]


def test_each_filter_that_is_offered_as_of_a_time_is_one(client: Client) -> None:
    account = create_record(SubAccount)
    for sub_account in (account, None):
        deal = create_record(Deal, sub_account=sub_account)
        create_timeline_entry(deal, NOW, {"exists": True})
    past = {"as_of": "2025-03-02"}
    assert summarize(client, **past, sub_account=account.pk) == [{"count": 1}]
    assert summarize(client, **past, source="acme") == [{"count": 2}]
    assert summarize(client, **past, sub_account__isnull="true") == [{"count": 1}]
    errors = get_json(client, "deals/summary/", past | {"client": "1"}, status=400)["errors"]
    offered = errors["client"][0].partition("filter by: ")[2].partition(";")[0].split(", ")
    assert {"id", "source", "sub_account", "status", "custom_fields"} <= set(offered)
    for name in offered:
        answer = client.get("/api/v1/deals/summary/", past | {name: "-"})
        assert "Not known" not in answer.content.decode(), name
        is_document = name in ("custom_fields", "extra")
        assert ("Unknown parameter" in answer.content.decode()) == is_document, name


def test_a_date_begins_in_the_time_zone(client: Client) -> None:
    create_timeline_entry(create_record(Deal), datetime(2025, 2, 28, 21, tzinfo=UTC), {"exists": True})
    assert summarize(client, as_of="2025-03-01") == [{"count": 1}]
    assert summarize(client, as_of="2025-03-01", tz="Asia/Dubai") == [{"count": 0}]


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(n, marks=pytest.mark.prove) for n in range(3, 30))]
)
def test_a_summary_as_of_a_time_equals_a_rebuild_from_only_the_events_before_it(
    client: Client, seed: int
) -> None:
    events = store_history(generate_bodies(seed, 80))

    def apply_and(look: Any, chosen: list[Any]) -> Any:
        batches = [chosen[place : place + 50] for place in range(0, len(chosen), 50)]
        return digest_after_batches(batches, look)

    entries = apply_and(lambda: list(TimelineEntry.objects.values_list("event_id", "clock")), events)
    # The events of one body may have several times.
    times: dict[int, set[datetime]] = defaultdict(set)
    for event, clock in entries:
        times[event].add(parse_clock(clock).occurred_at)
    spans = [(min(said), max(said)) for said in times.values()]
    between = [time for time in set().union(*times.values()) if not any(a < time <= b for a, b in spans)]
    before = Random(seed).choice(sorted(between))

    def look(**query: str) -> dict[str, Any]:
        asked = {"group_by": "source,status", "measure": "count,sum:value", "include_deleted": "true"} | query
        by_stage = {"group_by": "stage"} | query
        stages = [row | {"sub_account": None, "stage": None} for row in summarize(client, **by_stage)]
        return {
            "deals": summarize(client, **asked),
            "invoices": summarize(
                client, "invoices", **asked | {"measure": "count,sum:total,avg:amount_paid"}
            ),
            "stages": sorted(stages, key=str),
        }

    past = apply_and(lambda: look(as_of=before.isoformat()), events)
    assert past == apply_and(
        look, [event for event in events if max(times[event.id], default=before) < before]
    )


def test_a_token_of_one_sub_account_learns_nothing_of_another(client: Client) -> None:
    source = ensure_source("shared", vendor="seedly")
    accounts = {name: create_record(SubAccount, source=source, external_id=name) for name in ("own", "other")}
    for name, account in accounts.items():
        deal = create_record(
            Deal, source=source, scope=name, sub_account=account, status=name, value="5", stage_ref="7"
        )
        create_timeline_entry(deal, NOW, {"exists": True, "status": name, "value": "5.0000"})
        Name.objects.create(source=source, scope=name, kind="stage", ref="7", name=f"Stage of {name}")
    user = limit(create_member("Viewer"), source, "own")
    limited = Client(headers={"authorization": f"Token {ApiToken.issue(user, 'x')[1]}"})
    for query in (
        {"group_by": "status", "measure": "count,sum:value"},
        {"group_by": "stage"},
        {"group_by": "sub_account", "bucket": "day:changed_at"},
        {"group_by": "status", "measure": "sum:value", "as_of": "2026-01-01"},
    ):
        rows = summarize(limited, **query)
        assert len(rows) == 1
        assert "other" not in str(rows)
        assert len(summarize(client, **query)) == 2
    assert summarize(limited, status="other") == [{"count": 0}]


def test_who_may_not_view_a_kind_of_record_does_not_see_its_summary() -> None:
    assert get_json(create_api_client("view_contact"), "deals/summary/", status=403)["status"] == 403
    assert Client().get("/api/v1/deals/summary/").status_code == 401


def test_a_summary_takes_the_same_number_of_queries_for_any_number_of_records(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Expect queries for the token and its limits, and the aggregate; for ids, the names."""
    for count in (1, 20):
        for number in range(count):
            create_record(Deal, status=f"s{number}", stage_ref=f"{number}", value=Decimal(number))
        with django_assert_num_queries(3):
            summarize(client, group_by="status,source", measure="count,sum:value,avg:value")
        with django_assert_num_queries(4):
            summarize(client, group_by="stage,owner_ref")
        with django_assert_num_queries(3):
            summarize(client, group_by="status", measure="sum:value", as_of="2025-01-01")
