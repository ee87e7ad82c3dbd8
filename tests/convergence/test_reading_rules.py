"""Each rule of docs/convergence.md about how a value is read, by the fewest events that show it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from entities.writing.process_batch import process_batch
from tests.support.event_builders import (
    CLIENT,
    CONTACT,
    DEAL,
    build_event,
    client_event,
    contact_event,
    deal_event,
    records_after,
)
from tests.support.random_histories import ensure_source

pytestmark = pytest.mark.django_db

CREATED = datetime(2025, 3, 14, 10, tzinfo=UTC)
EPOCH_SECONDS = 1741946400
DAY = "2026-02-28T20:00:00Z"


def expected_close_date(written: Any) -> date | None:
    return records_after(deal_event("updated", 1, expectedCloseDate=written))[DEAL]["expected_close_date"]


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000])
def test_a_number_is_a_time_by_its_magnitude(unit: int) -> None:
    number = EPOCH_SECONDS * unit
    own, embedded = (
        deal_event("updated", number, createdAt=str(number)),
        client_event("updated", str(number), createdAt=number),
    )
    records = records_after(own, embedded)
    assert (records[DEAL]["created_at"], records[CLIENT]["created_at"]) == (CREATED, CREATED)


def test_the_time_of_an_event_in_seconds_is_ordered_as_any_other() -> None:
    events = (
        deal_event("updated", "2025-03-14T09:59:59Z", title="before"),
        deal_event("updated", EPOCH_SECONDS, title="now"),
        deal_event("updated", "2025-03-14T10:00:01Z", price=1),
    )
    assert records_after(*events)[DEAL]["title"] == "now"


def test_a_number_of_no_units_magnitude_is_no_time() -> None:
    event = deal_event("updated", 1, createdAt=20250314)
    cells = records_after(event)[DEAL]
    assert (cells["created_at"], cells["extra"]) == (None, {"createdAt": 20250314})
    assert len(process_batch([event])[0].warnings) == 1


def test_a_date_is_the_day_that_was_written_in_the_offset_that_was_written() -> None:
    assert expected_close_date("2026-03-01T00:00:00+04:00") == date(2026, 3, 1)
    assert expected_close_date("2026-03-01T23:00:00-0800") == date(2026, 3, 1)
    assert expected_close_date(DAY) == date(2026, 2, 28)


def test_a_date_in_utc_is_a_day_of_the_sources_time_zone() -> None:
    source = ensure_source("heffl")
    source.time_zone = "Asia/Dubai"
    source.save()
    assert expected_close_date(DAY) == date(2026, 3, 1)
    assert expected_close_date("2026-02-28T20:00:00+02:00") == date(2026, 2, 28)


def test_an_empty_text_is_null_in_the_records_own_event() -> None:
    full = deal_event("updated", 1, title="T", price=5, clientId="c", expectedCloseDate="2026-03-01")
    cleared = deal_event("updated", 2, title="", price=" \n", clientId="", expectedCloseDate="\u200f")
    cells = records_after(full, cleared)[DEAL]
    assert {cells[name] for name in ("title", "value", "client", "expected_close_date")} == {None}
    assert (cells["extra"], process_batch([cleared])[0].warnings) == ({}, ())


def test_an_empty_text_says_nothing_in_a_copy_or_beside_a_reference() -> None:
    events = (
        client_event("updated", 1, name="Acme"),
        deal_event("updated", 2, client={"id": "c", "name": ""}),
        build_event("heffl", "invoice.updated", 3, {"id": "i", "clientId": "c", "clientName": " "}),
    )
    assert records_after(*events)[CLIENT]["name"] == "Acme"


def test_a_document_and_extra_keep_an_empty_text() -> None:
    for document in ("", {"a": ""}):
        cells = records_after(deal_event("updated", 1, customFields=document, score=""))[DEAL]
        assert (cells["custom_fields"], cells["extra"]) == (document, {"score": ""})


def test_a_text_is_composed_and_without_invisible_ends() -> None:
    cells = records_after(
        contact_event("updated", 1, firstName="\u200fJose\u0301\u202c", tags=["vip"]),
        contact_event("tag_added", 2, tagName="\ufeffvip "),
    )[CONTACT]
    assert (cells["first_name"], cells["tags"]) == ("Jos\u00e9", ["vip"])


def test_an_id_is_as_it_was_sent() -> None:
    event = build_event("heffl", "deal.updated", 1, {"id": " Jose\u0301", "clientId": "c\u200f"})
    assert records_after(event).keys() == {("deal", "", " Jose\u0301"), ("client", "", "c\u200f")}
