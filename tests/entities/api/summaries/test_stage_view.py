"""The figures of stages: first entries in a period, and how long records stayed."""

from datetime import datetime, timedelta
from random import Random
from statistics import mean, median
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from entities.models import ApiToken, Contact, Deal, Lead, Name, SubAccount
from tests.support.access_limits import create_member, limit
from tests.support.api_client import (
    NOW,
    create_record,
    create_timeline_entry,
    ensure_source,
    get_json,
)

pytestmark = pytest.mark.django_db

KEYS = ("source", "sub_account", "pipeline_ref", "pipeline", "stage", "stage_name")


def move(deal: Any, *stages: tuple[int, str | None], column: str = "stage_ref") -> None:
    """Let a record enter stages: pairs of the day after NOW, and the stage's id."""
    for day, stage in stages:
        create_timeline_entry(deal, NOW + timedelta(days=day), {column: stage})


def read(client: Client, path: str, **query: Any) -> dict[Any, dict[str, Any]]:
    """Return stage -> its row."""
    rows = get_json(client, path, query)["results"]
    assert len({row["stage"] for row in rows}) == len(rows)
    return {row["stage"]: row for row in rows}


def test_the_funnel_counts_first_entries_and_the_days_that_followed(client: Client) -> None:
    one, other = create_record(Deal), create_record(Deal)
    move(one, (0, "new"), (2, "sent"), (3, "new"), (9, "sent"))
    move(other, (1, "new"), (5, "sent"))
    rows = read(client, "deals/funnel/", as_of=(NOW + timedelta(days=10)).isoformat())
    assert list(rows["new"]) == [*KEYS, "entered", "moved_on", "open", "mean_days", "median_days"]
    assert rows["new"] == {
        "source": "acme",
        "sub_account": None,
        "pipeline_ref": None,
        "pipeline": None,
        "stage": "new",
        "stage_name": "new",
        "entered": 2,
        "moved_on": 2,
        "open": 0,
        "mean_days": 3.0,
        "median_days": 3.0,
    }
    figures = ("entered", "moved_on", "open", "mean_days")
    assert [rows["sent"][name] for name in figures] == [2, 1, 1, 3.0]


def test_only_first_entries_within_the_period_count(client: Client) -> None:
    move(create_record(Deal), (0, "new"), (2, "sent"), (9, "new"))
    day = (NOW + timedelta(days=1)).isoformat()
    assert list(read(client, "deals/funnel/", entered__gte=day)) == ["sent"]
    assert list(read(client, "deals/funnel/", entered__lt=day)) == ["new"]
    assert read(client, "deals/funnel/", entered__gte="2030-01-01") == {}


def test_the_figures_are_kept_apart_by_source_sub_account_and_pipeline(client: Client) -> None:
    account = create_record(SubAccount, external_id="sa")
    source = account.source
    for fields in ({"pipeline_ref": "p"}, {}, {"scope": "sa", "sub_account": account}):
        move(create_record(Deal, **fields), (0, "7"))
    move(create_record(Deal, source=ensure_source("other")), (0, "7"))
    Name.objects.create(source=source, kind="stage", ref="7", vendor_name="Sent")
    Name.objects.create(source=source, kind="pipeline", ref="p", name="Sales")
    rows = get_json(client, "deals/funnel/")["results"]
    assert [tuple(row[name] for name in (*KEYS, "entered")) for row in rows] == [
        ("acme", None, "p", "Sales", "7", "Sent", 1),
        ("acme", None, None, None, "7", "Sent", 1),
        ("acme", account.pk, None, None, "7", "Sent", 1),
        ("other", None, None, None, "7", "7", 1),
    ]


@pytest.mark.parametrize("seed", range(4))
def test_time_in_stage_is_the_mean_of_all_single_histories(client: Client, seed: int) -> None:
    random = Random(seed)
    deals = [create_record(Deal) for _ in range(6)]
    for deal in deals:
        for minute in random.sample(range(60), 6):
            wrote = {
                "stage_ref": random.choice(("7", "8", None)),
                "stage_name": random.choice(("a", "b", None)),
            }
            names = random.sample(sorted(wrote), random.randrange(1, 3))
            create_timeline_entry(
                deal, NOW + timedelta(minutes=minute), {name: wrote[name] for name in names}
            )
    stays: dict[str, list[float | None]] = {}
    for deal in deals:
        for run in get_json(client, f"deals/{deal.pk}/history/")["stage"]["runs"]:
            if run["value"] is not None:
                stays.setdefault(run["value"], []).append(run["seconds"])
    found = read(client, "deals/time-in-stage/")
    assert found.keys() == stays.keys()
    for stage, seconds in stays.items():
        ended = [one for one in seconds if one is not None]
        row = found[stage]
        assert (row["runs"], row["ended"], row["open"]) == (
            len(seconds),
            len(ended),
            len(seconds) - len(ended),
        )
        assert row["mean_seconds"] == (pytest.approx(mean(ended)) if ended else None)
        assert row["median_seconds"] == (pytest.approx(median(ended)) if ended else None)


def test_stays_that_last_count_until_the_time_that_is_asked_for(client: Client) -> None:
    move(create_record(Deal), (0, "new"), (4, "sent"))
    moment = NOW + timedelta(days=3)
    row = read(client, "deals/time-in-stage/", as_of=moment.isoformat())["new"]
    assert (row["ended"], row["open"], row["open_mean_seconds"]) == (0, 1, 3 * 86_400)
    answer = get_json(client, "deals/time-in-stage/", {"as_of": moment.isoformat()})
    assert datetime.fromisoformat(answer["as_of"]) == moment


def test_the_filters_of_the_list_choose_the_records_now_and_as_of_a_time(client: Client) -> None:
    won, deleted = create_record(Deal, status="won"), create_record(Deal, is_deleted=True)
    create_timeline_entry(won, NOW, {"status": "open", "stage_ref": "7", "exists": True})
    create_timeline_entry(won, NOW + timedelta(days=2), {"status": "won", "stage_ref": "8"})
    move(deleted, (0, "9"))
    assert set(read(client, "deals/time-in-stage/")) == {"7", "8"}
    assert set(read(client, "deals/time-in-stage/", include_deleted="true")) == {"7", "8", "9"}
    assert read(client, "deals/time-in-stage/", status="open") == {}
    past = {"as_of": (NOW + timedelta(days=1)).isoformat(), "status": "open"}
    assert set(read(client, "deals/time-in-stage/", **past)) == {"7"}


def test_every_entity_with_stages_has_these_figures_and_no_other(client: Client) -> None:
    move(create_record(Lead), (0, "7"))
    move(create_record(Contact), (0, "customer"), column="lifecycle_stage")
    for path, stage in (("leads", "7"), ("contacts", "customer")):
        for address in ("funnel", "time-in-stage"):
            [row] = read(client, f"{path}/{address}/").values()
            assert (row["stage"], row["stage_name"], row["open"]) == (stage, stage, 1)
    assert get_json(client, "invoices/funnel/", status=404)["status"] == 404


@pytest.mark.parametrize(
    ("query", "parameter", "message"),
    [
        ({"entered__gte": "spring"}, "entered__gte", "'spring' is not a time."),
        ({"as_of": "spring"}, "as_of", "'spring' is not a time."),
        ({"as_of": "2025-01-01", "client": "1"}, "client", "Not known as of a time."),
        ({"group_by": "status"}, "group_by", "Unknown parameter."),
    ],
)
def test_a_wrong_parameter_is_refused(
    client: Client, query: dict[str, str], parameter: str, message: str
) -> None:
    errors = get_json(client, "deals/funnel/", query, status=400)["errors"]
    assert list(errors) == [parameter]
    assert message in errors[parameter][0]


def test_a_token_of_one_sub_account_learns_nothing_of_another(client: Client) -> None:
    source = ensure_source("shared", vendor="seedly")
    for name in ("own", "other"):
        account = create_record(SubAccount, source=source, external_id=name)
        deal = create_record(Deal, source=source, scope=name, sub_account=account)
        create_timeline_entry(deal, NOW, {"stage_ref": name, "exists": True})
    user = limit(create_member("Viewer"), source, "own")
    limited = Client(headers={"authorization": f"Token {ApiToken.issue(user, 'x')[1]}"})
    for path in ("deals/funnel/", "deals/time-in-stage/"):
        for query in ({}, {"as_of": "2026-01-01"}):
            assert set(read(limited, path, **query)) == {"own"}
            assert set(read(client, path, **query)) == {"own", "other"}


def test_who_sees_nothing_gets_no_figures_and_no_error() -> None:
    move(create_record(Deal), (0, "7"))
    user = limit(create_member("Viewer"), ensure_source("own"))
    token, text = ApiToken.issue(user, "x")
    limit(token, ensure_source("another"))
    client = Client(headers={"authorization": f"Token {text}"})
    for query in ({}, {"as_of": "2026-01-01"}):
        assert read(client, "deals/funnel/", **query) == {}
        assert read(client, "deals/time-in-stage/", **query) == {}
        assert get_json(client, "deals/summary/", query)["results"] == [{"count": 0}]
        assert get_json(client, "deals/summary/", query | {"group_by": "status"})["results"] == []
        assert get_json(client, "history/", query | {"entity": "deal"})["results"] == []


def test_the_figures_take_the_same_number_of_queries_for_any_number_of_records(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Expect queries for the token and its limits, the figures, and the names of pipelines and stages."""
    for count in (1, 20):
        for number in range(count):
            move(create_record(Deal, pipeline_ref=f"p{number}"), (0, f"{number}"))
        for path in ("deals/funnel/", "deals/time-in-stage/"):
            with django_assert_num_queries(5):
                get_json(client, path)
