"""Exports of lists: the right to them, their entries in the audit log, and what is refused."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.exports import excel_file, export_view
from entities.models import AuditAction, AuditEntry, Deal, Lead
from entities.models import Client as ClientRecord
from tests.support.api_client import create_record
from tests.support.exported_lists import READ, export, export_url
from tests.support.staff_client import create_staff_user, get_page, list_url, log_in_staff

pytestmark = pytest.mark.django_db


def test_without_the_right_to_export_there_is_no_link_and_no_file() -> None:
    create_record(Deal)
    staff = log_in_staff("view_deal")
    assert "export/" not in get_page(staff, list_url(Deal))
    assert staff.get(export_url(Deal), {"format": "csv"}).status_code == 403
    assert not AuditEntry.objects.exists()


def test_with_the_right_the_list_links_to_both_formats_with_its_own_parameters() -> None:
    create_record(Deal, status="open")
    page = get_page(log_in_staff("view_deal", "export_records"), list_url(Deal), q="x", status="open", p="1")
    assert 'href="export/?q=x&amp;status=open&amp;format=xlsx"' in page
    assert 'href="export/?q=x&amp;status=open&amp;format=csv"' in page
    assert "up to 200,000 rows" in page


def test_the_right_to_export_shows_no_list_that_the_user_may_not_view() -> None:
    assert (
        log_in_staff("view_deal", "export_records").get(export_url(Lead), {"format": "csv"}).status_code
        == 403
    )


def test_a_stranger_is_led_to_the_login() -> None:
    response = Client().get(export_url(Deal), {"format": "csv"})
    assert (response.status_code, response.headers["Location"][:13]) == (302, "/admin/login/")


@pytest.mark.parametrize("method", ["post", "put", "delete", "head"])
def test_an_export_takes_get_only(method: str) -> None:
    response = getattr(log_in_staff(), method)(f"{export_url(Deal)}?format=csv")
    assert (response.status_code, response.headers["Allow"]) == (405, "GET")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({}, "There is no format &#x27;&#x27;; there are: xlsx, csv"),
        ({"format": "pdf"}, "There is no format &#x27;pdf&#x27;"),
        ({"format": "csv", "status": "nonsense"}, "has no choice &#x27;nonsense&#x27;"),
        ({"format": "csv", "registers": "x"}, "This list has no filter &#x27;registers&#x27;"),
        ({"format": "csv", "q": "\x00"}, "contains a character that no text has"),
    ],
)
def test_what_the_list_does_not_have_is_refused_and_never_the_whole_list(
    query: dict[str, str], reason: str
) -> None:
    response = log_in_staff().get(export_url(Deal), query)
    assert response.status_code == 400
    assert reason in response.content.decode()
    assert not AuditEntry.objects.exists()


def test_more_rows_than_excel_gets_are_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    limited = dict(export_view.EXPORT_FORMATS)
    limited["xlsx"] = export_view.ExportFormat("Excel", "x", excel_file.write_excel, 2)
    monkeypatch.setattr(export_view, "EXPORT_FORMATS", limited)
    staff = log_in_staff()
    for _ in range(2):
        create_record(Lead)
    assert len(export(staff, Lead, "xlsx")) == 3
    create_record(Lead)
    response = staff.get(export_url(Lead), {"format": "xlsx"})
    assert response.status_code == 400
    assert "This list has more than 2 rows, and Excel gets no more. Narrow the list, or export it as CSV" in (
        response.content.decode()
    )
    assert len(export(staff, Lead, "csv")) == 4


def test_rows_that_come_while_the_file_is_made_do_not_exceed_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(excel_file, "MAX_ROWS", 1)
    create_record(Lead)
    create_record(Lead)
    assert log_in_staff().get(export_url(Lead), {"format": "xlsx"}).status_code == 400
    assert not AuditEntry.objects.exists()


# The audit log, and failures


@pytest.mark.parametrize("suffix", READ)
def test_an_export_is_in_the_audit_log(suffix: str) -> None:
    user = create_staff_user()
    staff = Client()
    staff.force_login(user)
    create_record(Deal, status="open", title="Ann")
    export(staff, Deal, suffix, status="open", q="ann")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.user, entry.user_name) == (AuditAction.EXPORT, user, user.username)
    assert (entry.object_type, entry.object_id) == ("entities.deal", "")
    assert entry.detail == {"format": suffix, "rows": 1, "parameters": "status=open&q=ann"}


@pytest.mark.parametrize("suffix", READ)
def test_a_break_in_the_middle_sends_nothing_that_looks_whole(
    suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_and_break(columns: Any, rows: Any) -> Iterator[list[str]]:
        yield ["the first row"]
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(export_view, "_read_rows", read_and_break)
    staff = log_in_staff()
    staff.raise_request_exception = False
    response = staff.get(export_url(Deal), {"format": suffix})
    assert response.status_code in (500, 503)
    assert b"the first row" not in response.content
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("suffix", READ)
def test_the_rows_are_read_by_one_statement_in_chunks_and_without_documents(suffix: str) -> None:
    client = create_record(ClientRecord)
    staff = log_in_staff()
    for _ in range(3):
        create_record(Deal, client=client)
    with CaptureQueriesContext(connection) as for_few:
        export(staff, Deal, suffix)
    for _ in range(30):
        create_record(Deal, client=client)
    with CaptureQueriesContext(connection) as for_many:
        export(staff, Deal, suffix)
    assert len(for_few) == len(for_many) <= 13
    assert not any('"registers"' in query["sql"] for query in for_many)
