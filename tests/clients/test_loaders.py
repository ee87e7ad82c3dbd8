"""dlt, Airbyte and Singer, configured as the guide says: a first load, and then what has changed."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from entities.api.views import api_path
from entities.models import Deal
from entities.models.introspection import entities_by_name
from tests.support.client_records import change_records, read_shown, store_records
from tests.support.copied_cells import Rows, read_duckdb, read_rows_back
from tests.support.guide_pages import GuideReader
from tests.support.tool_environments import AIRBYTE, DLT, SINGER, make_environment

pytestmark = pytest.mark.prove

# More than two pages of 500.
DEALS = 1_030
CHANGED = 20


def store_old_and_new_records() -> None:
    """Store records, of which half were changed a day ago: a second load need not read those again."""
    store_records(DEALS)
    old = F("changed_at") - timedelta(days=1)
    Deal.objects.annotate(half=F("id") % 2).filter(half=0).update(changed_at=old)


def read_messages(analyst: GuideReader) -> Rows:
    lines = (analyst.directory / "messages.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def list_airbyte_records(messages: Rows) -> Rows:
    """Return the deals among the messages of Airbyte's protocol."""
    records = [message["record"] for message in messages if message["type"] == "RECORD"]
    return [record["data"] for record in records if record["stream"] == "deals"]


def list_singer_records(messages: Rows) -> Rows:
    """Return the deals among the messages of a Singer tap."""
    records = [message for message in messages if message["type"] == "RECORD"]
    return [record["record"] for record in records if record["stream"] == "deals"]


def take_up(copy: dict[int, dict[str, Any]], records: Rows) -> dict[int, dict[str, Any]]:
    """Return a copy in which these records replace those with their ids."""
    return copy | {record["id"]: record for record in records}


def assert_equal(copy: dict[int, dict[str, Any]], client: Client) -> None:
    """Assert that a copy of the deals has the cells of the API. Airbyte leaves out those that are null."""
    shown = read_shown(client, "deal")
    assert read_rows_back(list(copy.values()), shown) == shown


def load_twice(
    analyst: GuideReader,
    client: Client,
    section: str,
    list_records: Callable[[Rows], Rows],
    keep_state: Callable[[Rows], None],
) -> None:
    """Load, change records and load again; assert that the copy has the API's cells each time.

    list_records: returns the deals among messages. keep_state: keeps for the next load what they say.
    """
    store_old_and_new_records()
    analyst.follow(section)
    messages = read_messages(analyst)
    first = list_records(messages)
    keep_state(messages)
    copy = take_up({}, first)
    assert len(copy) == len(first) > 2 * 500
    assert_equal(copy, client)
    change_records(CHANGED)
    analyst.follow(section)
    second = list_records(read_messages(analyst))
    assert len(second) < len(first)
    assert_equal(take_up(copy, second), client)


def test_dlt_loads_the_lists_and_then_what_has_changed(
    analyst: GuideReader, client: Client, tmp_path: Path
) -> None:
    programs = make_environment(tmp_path / "dlt", *DLT)
    analyst = replace(analyst, programs=(programs,))
    store_old_and_new_records()
    for _ in range(2):
        analyst.follow("dlt")
        for entity, model in entities_by_name().items():
            shown = read_shown(client, entity)
            table = f"warehouse.crm.{api_path(model).replace('-', '_')}"
            rows = read_duckdb(table, analyst.directory / "warehouse.duckdb") if shown else []
            assert read_rows_back(rows, shown) == shown, entity
        change_records(CHANGED)
    loads = read_duckdb("warehouse.crm._dlt_loads", analyst.directory / "warehouse.duckdb")
    rows = read_duckdb("warehouse.crm.deals", analyst.directory / "warehouse.duckdb")
    first = min(load["load_id"] for load in loads)
    assert 0 < len([row for row in rows if row["_dlt_load_id"] == first]) < len(rows)


def test_airbyte_loads_a_list_and_then_what_has_changed(
    analyst: GuideReader, client: Client, tmp_path: Path
) -> None:
    analyst = replace(analyst, programs=(make_environment(tmp_path / "airbyte", *AIRBYTE),))

    def keep_state(messages: Rows) -> None:
        states = [message["state"] for message in messages if message["type"] == "STATE"]
        (analyst.directory / "state.json").write_text(json.dumps(states[-1:]))

    load_twice(analyst, client, "Airbyte", list_airbyte_records, keep_state)
    streams = [json.loads(line) for line in (analyst.directory / "streams.jsonl").read_text().splitlines()]
    [catalog] = [message["catalog"] for message in streams if message["type"] == "CATALOG"]
    assert [stream["name"] for stream in catalog["streams"]] == ["deals", "clients"]
    refresh_fully(analyst, client)


def refresh_fully(analyst: GuideReader, client: Client) -> None:
    """Read the list with Airbyte again as a whole, without the state."""
    catalog = analyst.directory / "catalog.json"
    catalog.write_text(
        catalog.read_text().replace('"sync_mode": "incremental"', '"sync_mode": "full_refresh"')
    )
    printed = analyst.run(
        "source-declarative-manifest read --config config.json --manifest-path manifest.yaml"
        " --catalog catalog.json"
    )
    records = list_airbyte_records([json.loads(line) for line in printed.splitlines()])
    assert_equal(take_up({}, records), client)


def test_a_singer_tap_loads_lists_and_then_what_has_changed(
    analyst: GuideReader, client: Client, tmp_path: Path
) -> None:
    analyst = replace(analyst, programs=(make_environment(tmp_path / "singer", *SINGER),))
    load_twice(analyst, client, "Singer", list_singer_records, lambda messages: None)
    schemas = {message["stream"] for message in read_messages(analyst) if message["type"] == "SCHEMA"}
    assert schemas == {"leads", "deals", "clients", "contacts", "invoices"}
