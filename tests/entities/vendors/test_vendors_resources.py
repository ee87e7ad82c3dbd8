"""Rows as the vendors document them for their API: what the mirror makes of them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from entities.merge.clock import parse_clock
from entities.reading.fetched.fetched_envelope import FetchedRecord, encode_fetched
from entities.reading.mapped_event import RecordKey
from entities.reading.mapper import map_event
from entities.stored_events import Origin, StoredEvent
from tests.support.envelopes import RECEIVED
from tests.support.vendor_api.resources import first_row

pytestmark = pytest.mark.unit

OBSERVED = datetime(2026, 1, 2, tzinfo=UTC)
# (documented answer, resource) -> the record's key, the time of its clock, and some of its registers.
ROWS: list[tuple[str, str, RecordKey, str, dict[str, Any]]] = [
    (
        "v1-leads-list-page1",
        "leads",
        RecordKey("lead", "", "ld_a1b2c3"),
        "2026-01-02T00:00:00+00:00",
        {"name": "Jane Smith", "stage_name": "New", "origin": "Website", "value": "5000.0000"},
    ),
    (
        "v1-clients-list-page1",
        "clients",
        RecordKey("client", "", "cl_xyz789"),
        "2026-01-02T00:00:00+00:00",
        {"name": "Acme Inc.", "type": "company", "phone": "+1234567890"},
    ),
    (
        "v2-companies-list-page1",
        "companies",
        RecordKey("client", "", "cl_xyz789"),
        "2025-05-30T06:00:00+00:00",
        {"name": "Acme Inc.", "tax_number": "TAX123456"},
    ),
    (
        "v2-contacts-list-page1",
        "contacts",
        RecordKey("contact", "", "ct_per123"),
        "2025-06-02T14:12:07.118000+00:00",
        {
            "first_name": "Jane",
            "phone": "+971501234567",
            "job_title": "CTO",
            "client": "cl_xyz789",
            "lifecycle_stage": "Customer",
        },
    ),
    (
        "v2-deals-list-page1",
        "deals",
        RecordKey("deal", "", "dl_def456"),
        "2025-01-20T16:02:44.003000+00:00",
        {"title": "Enterprise License", "status": "open", "client": "cl_xyz789", "lead": "ld_a1b2c3"},
    ),
    (
        "v2-quotation-get",
        "quotations",
        RecordKey("quotation", "", "qt_jkl345"),
        "",
        {"number": "QT-0001", "client": "cl_xyz789", "deal": "dl_def456"},
    ),
    (
        "v2-task-get",
        "tasks",
        RecordKey("task", "", "tsk_001abc"),
        "",
        {"title": "Follow up on proposal", "assignee_ref": "usr_john042"},
    ),
]


@pytest.mark.parametrize(("answer", "resource", "key", "time", "said"), ROWS, ids=[row[1] for row in ROWS])
def test_a_documented_row_fills_its_columns(
    answer: str, resource: str, key: RecordKey, time: str, said: dict[str, Any]
) -> None:
    body = encode_fetched(FetchedRecord(Origin.API, resource, first_row(answer), OBSERVED))
    mapped = map_event(StoredEvent(1, 1, "heffl", "0" * 64, body, RECEIVED, "", Origin.API))
    assert mapped.warnings == ()
    (own,) = [statement for statement in mapped.statements if "exists" in statement.writes]
    assert own.key == key
    assert {name: own.writes.get(name) for name in said} == said
    assert "stage_ref" not in own.writes
    if time:
        assert parse_clock(own.clock).occurred_at.isoformat() == time
