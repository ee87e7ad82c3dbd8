"""Exports of long lists: their memory does not grow with their rows."""

import os
from typing import Any

import pytest

from crmmirror.lib.database.cursors import execute
from entities.models import AuditEntry, Lead
from tests.support.api_client import ensure_source
from tests.support.exported_lists import READ, export_url
from tests.support.staff_client import log_in_staff

pytestmark = pytest.mark.django_db

MAKE_LEADS = """
    INSERT INTO entities_lead (source_id, external_id, is_placeholder, name)
    SELECT %s, n, false, 'Lead ' || n || repeat('x', 200) FROM generate_series(%s, %s) n
"""


def resident_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


@pytest.mark.prove
@pytest.mark.parametrize("suffix", READ)
def test_a_hundred_thousand_rows_take_no_more_memory_than_a_thousand(suffix: str) -> None:
    source = ensure_source()

    def export_and_drop() -> int:
        response: Any = staff.get(export_url(Lead), {"format": suffix})
        assert response.status_code == 200
        return sum(map(len, response.streaming_content))

    staff = log_in_staff()
    execute(MAKE_LEADS, source.pk, 1, 1000)
    export_and_drop()
    before = resident_bytes()
    execute(MAKE_LEADS, source.pk, 1001, 100_000)
    size = export_and_drop()
    grown = resident_bytes() - before
    print(f"{suffix}: 100,000 rows, {size:,} bytes, memory grew by {grown:,} bytes")  # noqa: T201
    assert AuditEntry.objects.order_by("id").last().detail["rows"] == 100_000  # type: ignore[union-attr]
    assert grown < 24 * 1024 * 1024
