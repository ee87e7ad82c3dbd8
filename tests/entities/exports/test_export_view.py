"""Exports of lists, through their address: the file has the rows, the order and the columns of the page."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin import site
from django.db.models import Model
from django.test import Client

from entities.admin.record_admin import RecordAdmin
from entities.exports import export_view
from entities.models import Client as ClientRecord
from entities.models import Deal, Invoice, Lead, Message, Record, UserProfile
from entities.models.introspection import record_models
from tests.support.api_client import create_record, ensure_source
from tests.support.exported_lists import READ, export, export_url, names
from tests.support.named_ids import create_name
from tests.support.spreadsheets import read_excel_cells
from tests.support.staff_client import create_staff_user, log_in_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def dubai_staff() -> Client:
    """Return the browser of somebody who has chosen the time zone of Dubai."""
    user = create_staff_user()
    UserProfile.objects.create(user=user, time_zone="Asia/Dubai")
    client = Client()
    client.force_login(user)
    return client


def get_admin(model: type[Model]) -> Any:
    return site.get_model_admin(model)


def get_name(model: type[Record]) -> str:
    return str(model._meta.model_name)


@pytest.mark.parametrize("suffix", READ)
def test_a_file_has_the_columns_of_the_list_with_ids_beside_names(suffix: str) -> None:
    client = create_record(ClientRecord, name="Initech", external_id="cl-9")
    create_name("s1", name="Offer")
    create_record(
        Deal,
        title="Rollout",
        external_id="d-1",
        value=Decimal("1234.5"),
        currency="EUR",
        status="open",
        client=client,
        stage_ref="s1",
        owner_ref="o1",
        owner_name="Ann",
        last_event_at=datetime(2025, 1, 15, 21, 30, 5, 123456, UTC),
    )
    create_record(Deal, title="Bare", external_id="d-2", status="open")
    headings, *rows = export(log_in_staff(), Deal, suffix)
    assert headings == [
        "deal",
        "deal id",
        "state",
        "value",
        "currency",
        "stage",
        "stage id",
        "status",
        "client",
        "client id",
        "contact",
        "contact id",
        "owner",
        "owner id",
        "closed at (UTC)",
        "expected close date",
        "last event at (UTC)",
        "source",
    ]
    full, bare = sorted(rows, key=lambda row: row[1])
    nothing: Any = "" if suffix == "csv" else None
    time = "2025-01-15 21:30:05" if suffix == "csv" else datetime(2025, 1, 15, 21, 30, 5)  # noqa: DTZ001
    value = "1234.50" if suffix == "csv" else 1234.5
    assert full[:8] == ["Rollout", "d-1", "live", value, "EUR", "Offer", "s1", "open"]
    assert full[8:14] == ["Initech", "cl-9", nothing, nothing, "Ann", "o1"]
    assert full[14:] == [nothing, nothing, time, "acme"]
    assert bare[3:14] == [*[nothing] * 4, "open", *[nothing] * 6]


def test_each_row_has_the_names_of_its_own_ids_also_beyond_the_first_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(export_view, "CHUNK_ROWS", 2)
    for number in range(5):
        create_record(Deal, external_id=f"d{number}", stage_ref=f"s{number}")
        create_name(f"s{number}", name=f"Stage {number}")
    create_record(Deal, external_id="d5", stage_ref="unnamed")
    headings, *rows = export(log_in_staff(), Deal)
    stage = headings.index("stage")
    found = {row[1]: row[stage : stage + 2] for row in rows}
    assert found == {f"d{n}": [f"Stage {n}", f"s{n}"] for n in range(5)} | {"d5": ["", "unnamed"]}


@pytest.mark.parametrize("model", record_models(), ids=get_name)
@pytest.mark.parametrize("suffix", READ)
def test_every_list_can_be_exported(model: type[Record], suffix: str) -> None:
    create_record(model, external_id="one")
    rows = export(log_in_staff(), model, suffix, state="all")
    assert len(rows) == 2
    assert {len(row) for row in rows} == {len(rows[0])}
    assert rows[1][1] == "one"


def test_filter_search_and_order_are_those_of_the_list() -> None:
    deals = [("Ann one", "open"), ("Ann two", "won"), ("Bob", "open"), ("Ann three", "open")]
    for day, (title, status) in enumerate(deals, start=1):
        create_record(Deal, title=title, status=status, created_at=datetime(2025, 1, day, tzinfo=UTC))
    staff = log_in_staff()
    query = {"q": "ann", "status": "open", "o": "-created_at"}
    assert names(export(staff, Deal, "csv", **query)) == ["Ann three", "Ann one"]
    assert names(export(staff, Deal, "csv", **query | {"o": "created_at"})) == ["Ann one", "Ann three"]


def test_deleted_records_are_in_the_file_only_if_the_list_shows_them() -> None:
    create_record(Deal, title="Alive")
    create_record(Deal, title="Gone", is_deleted=True)
    staff = log_in_staff()
    assert names(export(staff, Deal)) == ["Alive"]
    rows = export(staff, Deal, "csv", state="all")
    assert {row[0]: row[2] for row in rows[1:]} == {"Alive": "live", "Gone": "deleted"}


def test_all_rows_are_in_the_file_whatever_page_is_shown() -> None:
    for number in range(60):
        create_record(Lead, name=f"Lead {number}")
    assert len(export(log_in_staff(), Lead, "csv", p="2", e="1")) == 61


def test_a_user_exports_only_the_rows_that_his_list_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    create_record(Deal, title="Mine", source=ensure_source("mine"))
    create_record(Deal, title="Theirs", source=ensure_source("theirs"))
    monkeypatch.setattr(
        RecordAdmin, "get_queryset", lambda admin, request: Deal.objects.filter(source__slug="mine")
    )
    assert names(export(log_in_staff(), Deal)) == ["Mine"]


@pytest.mark.parametrize("suffix", READ)
def test_a_column_that_is_computed_for_the_list_is_exported_as_its_text(
    suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_view, "CHUNK_ROWS", 1)
    for name, value in (("Acme", 7), ("Initech", 9)):
        client = create_record(ClientRecord, name=name, external_id=name)
        create_record(Deal, client=client, status="open", value=value)
    nobody = create_record(ClientRecord, name="Nobody", external_id="none")
    assert nobody.pk
    rows = export(log_in_staff(), ClientRecord, suffix, columns="open_deals,number")
    assert rows[0] == ["client", "client id", "state", "open deals", "number"]
    assert {row[0]: row[3] for row in rows[1:]} == {
        "Acme": "1: 7.00 without currency",
        "Initech": "1: 9.00 without currency",
        "Nobody": "—",
    }


@pytest.mark.parametrize("suffix", READ)
def test_times_are_in_the_time_zone_of_the_user_which_the_heading_names(
    suffix: str, dubai_staff: Client
) -> None:
    create_record(Deal, title="Late", created_at=datetime(2025, 1, 15, 21, 30, tzinfo=UTC))
    headings, row = export(dubai_staff, Deal, suffix, columns="created_at")
    time = row[headings.index("created at (Asia/Dubai)")]
    assert str(time) == "2025-01-16 01:30:00"


def test_a_time_at_the_end_of_the_calendar_is_exported_in_utc(dubai_staff: Client) -> None:
    create_record(Deal, created_at=datetime(9999, 12, 31, 23, 0, tzinfo=UTC))
    headings, row = export(dubai_staff, Deal, columns="created_at")
    assert row[headings.index("created at (Asia/Dubai)")] == "9999-12-31 23:00:00+00:00"


HOSTILE = [
    "=1+1",
    "+971501234567",
    "@SUM(A1)",
    "-2+3+cmd|' /C calc'!A0",
    "a\r\nb",
    '"quoted", comma',
    "اسم",
    "<b>x</b>",
]


def test_hostile_values_arrive_in_excel_unchanged_and_as_texts() -> None:
    for text in HOSTILE:
        create_record(Message, body=text, external_id=text)
    response = log_in_staff().get(export_url(Message), {"format": "xlsx"})
    headings, *rows = read_excel_cells(response.getvalue())
    column = [heading.value for heading in headings].index("body")
    cells = [row[column] for row in rows]
    assert {cell.value.replace("_x000D_", "\r") for cell in cells} == set(HOSTILE)
    assert {cell.data_type for cell in cells} == {"s"}


def test_hostile_values_are_defused_in_csv_and_phone_numbers_stay() -> None:
    for text in HOSTILE:
        create_record(Message, body=text)
    headings, *rows = export(log_in_staff(), Message)
    formulas = {"=1+1", "@SUM(A1)", "-2+3+cmd|' /C calc'!A0"}
    expected = {f"'{text}" if text in formulas else text for text in HOSTILE}
    assert {row[headings.index("body")] for row in rows} == expected


def test_dates_and_amounts_are_cells_of_their_kind() -> None:
    create_record(Invoice, number="7", total=Decimal("99.90"), currency="AED", due_date=date(2025, 2, 1))
    response = log_in_staff().get(export_url(Invoice), {"format": "xlsx"})
    headings, row = read_excel_cells(response.getvalue())
    cells = {heading.value: cell for heading, cell in zip(headings, row, strict=True)}
    assert (cells["total"].value, cells["total"].data_type) == (99.9, "n")
    assert cells["due date"].is_date
    assert cells["due date"].value.date() == date(2025, 2, 1)


@pytest.mark.parametrize("suffix", READ)
def test_a_file_is_named_for_its_list_and_time_and_is_no_page(suffix: str) -> None:
    response = log_in_staff().get(export_url(Lead), {"format": suffix})
    response.getvalue()
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="leads-20')
    assert disposition.endswith(f'.{suffix}"')
    assert response.headers["Content-Type"] == export_view.EXPORT_FORMATS[suffix].media_type
