"""The pages about a person's data: the dry run, the erasure, the export, and who may."""

import pytest
from django.test import Client as Browser

from entities.models import AuditEntry, Client
from tests.support.access_limits import create_member, limit, log_in
from tests.support.canaries import EMAIL, ID, client_payload
from tests.support.staff_client import get_page, log_in_staff, page_url, store_and_apply

pytestmark = pytest.mark.django_db


@pytest.fixture
def url() -> str:
    store_and_apply("client.created", client_payload())
    store_and_apply("deal.created", {"id": "d1", "title": "Canary roof", "clientId": ID})
    return f"/admin/person/client/{Client.objects.get().pk}/"


def test_the_page_of_a_person_leads_to_it_for_those_who_may(url: str) -> None:
    page = page_url(Client.objects.get())
    assert url in get_page(log_in(create_member("Administrator")), page)
    assert url not in get_page(log_in(create_member("Operator")), page)


def test_it_lists_what_would_be_changed_and_changes_nothing(url: str) -> None:
    page = get_page(log_in_staff(), url)
    assert "What would be changed" in page
    assert f"client {ID}" in page
    assert "deal d1" in page
    assert Client.objects.exists()


def test_a_confirmed_erasure_shows_what_was_changed(url: str) -> None:
    answer = log_in_staff().post(url)
    assert "The person was erased" in answer.content.decode()
    assert not Client.objects.exists()
    entry = AuditEntry.objects.get(action="person-erased")
    assert (entry.user_name.startswith("staff"), entry.detail["records"]) == (True, 1)


def test_the_export_is_a_file_and_has_an_entry(url: str) -> None:
    answer = log_in_staff().post(f"{url}export/")
    assert answer["Content-Type"] == "application/x-ndjson"
    assert EMAIL in answer.content.decode()
    assert AuditEntry.objects.filter(action="person-exported").count() == 1
    assert log_in_staff().get(f"{url}export/").status_code == 405


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("suffix", ["", "export/"])
def test_whoever_may_not_erase_is_refused(url: str, method: str, suffix: str) -> None:
    browser = log_in(create_member("Operator"))
    answer = getattr(browser, method)(url + suffix)
    assert answer.status_code == (405 if (method, suffix) == ("get", "export/") else 403)
    assert Client.objects.exists()


def test_a_record_that_the_user_does_not_see_does_not_exist(url: str) -> None:
    source = Client.objects.get().source
    browser = log_in(limit(create_member("Administrator"), source, "elsewhere"))
    assert browser.post(url).status_code == 404
    assert Client.objects.exists()


@pytest.mark.parametrize(
    "path", ["/admin/person/deal/1/", "/admin/person/nothing/1/", "/admin/person/client/0/"]
)
def test_what_is_no_person_does_not_exist(path: str) -> None:
    assert log_in_staff().get(path).status_code == 404


def test_a_stranger_has_to_log_in(url: str) -> None:
    assert Browser().get(url).status_code == 302
