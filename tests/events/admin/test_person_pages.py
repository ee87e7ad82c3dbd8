"""The pages about a person's data: the dry run, the erasure, the export, and who may."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from entities.models import AuditEntry, Client, Contact, Erasure
from entities.writing.mirror_lock import LOCK_KEY
from events.admin import person_pages
from tests.support.access_limits import create_member, limit, log_in
from tests.support.canaries import EMAIL, ID, SCOPE, client_payload
from tests.support.open_transactions import open_transaction
from tests.support.staff_client import get_page, log_in_staff, page_url, store_and_apply

pytestmark = pytest.mark.django_db

TRANSACTION_WORDS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
# What a page does -> the largest number of its queries. A change that adds some must say why.
MAX_QUERIES = {("get", ""): 40, ("post", ""): 360, ("post", "export/"): 45}


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


def test_a_person_in_no_sub_account_is_not_mistaken_for_one_of_the_same_id_in_a_sub_account() -> None:
    for scope in ("", SCOPE):
        payload = {"contactId": "co", "firstName": f"Jane {scope}", "email": EMAIL}
        within = {"subAccountId": scope} if scope else {}
        store_and_apply("contact.created", payload | within, vendor="seedly")
    outside, inside = Contact.objects.order_by("scope")
    for record in (outside, inside):
        assert "What would be changed" in get_page(log_in_staff(), f"/admin/person/contact/{record.pk}/")
    assert "The person was erased" in get_text(log_in_staff().post(f"/admin/person/contact/{inside.pk}/"))
    assert Contact.objects.get() == outside


def test_a_stranger_has_to_log_in(url: str) -> None:
    assert Browser().get(url).status_code == 302


def get_text(answer: Any) -> str:
    return str(answer.content.decode())


def count_queries(browser: Browser, method: str, url: str) -> int:
    """Count the statements of a page, apart from those that begin and end transactions."""
    with CaptureQueriesContext(connection) as queries:
        assert getattr(browser, method)(url).status_code == 200
    return sum(not query["sql"].startswith(TRANSACTION_WORDS) for query in queries)


@pytest.mark.parametrize(("method", "suffix"), [("get", ""), ("post", ""), ("post", "export/")])
def test_the_number_of_queries_does_not_grow_with_what_refers_to_the_person(
    url: str, method: str, suffix: str
) -> None:
    browser = log_in_staff()
    with transaction.atomic():
        few = count_queries(browser, method, url + suffix)
        transaction.set_rollback(True)
    for number in range(30):
        store_and_apply("deal.created", {"id": f"more{number}", "title": "Canary roof", "clientId": ID})
    many = count_queries(browser, method, url + suffix)
    assert many <= few <= MAX_QUERIES[method, suffix]


def test_an_erasure_that_takes_too_long_changes_nothing_and_says_so(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_and_apply("client.created", client_payload())
    url = f"/admin/person/client/{Client.objects.get().pk}/"
    browser = log_in_staff()
    # As a worker that applies a batch, which does not end before the page.
    with (
        open_transaction(f"SELECT pg_advisory_xact_lock_shared({LOCK_KEY})"),
        monkeypatch.context() as patch,
    ):
        patch.setattr(person_pages, "SHARE_OF_REQUEST", 0.02)
        page = get_text(browser.post(url))
    assert "Nothing was changed" in page
    assert "The person was erased" not in page
    assert Client.objects.get().email == EMAIL
    assert not AuditEntry.objects.filter(action="person-erased").exists()
    assert not Erasure.objects.exists()
    assert "The person was erased" in get_text(browser.post(url))
