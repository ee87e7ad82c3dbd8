"""Under which keys a request counts: a token or session that has proven valid, until then its address."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.http import HttpRequest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from crmmirror.readers import reader_identity
from crmmirror.readers.reader_identity import identify_reader
from tests.support.api_client import authorization_header
from tests.support.staff_client import log_in_staff

pytestmark = pytest.mark.django_db

ADDRESS = "address:127.0.0.1"


@pytest.fixture(autouse=True)
def _forget_readers() -> Iterator[None]:
    reader_identity._proven.clear()
    yield
    reader_identity._proven.clear()


def make_request(authorization: str = "", session: str = "") -> HttpRequest:
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": "127.0.0.1", "HTTP_AUTHORIZATION": authorization}
    request.COOKIES = {settings.SESSION_COOKIE_NAME: session} if session else {}
    return request


def identify(authorization: str = "", session: str = "") -> list[str]:
    """Return the kinds of the keys of a request with these credentials."""
    return [key.partition(":")[0] for key in identify_reader(make_request(authorization, session))]


def session_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_a_stranger_counts_by_address() -> None:
    assert identify_reader(make_request()) == [ADDRESS]


def test_a_token_counts_by_itself_once_it_was_accepted(client: Client) -> None:
    token = authorization_header()
    assert identify(token) == ["token", "address"]
    client.get("/api/v1/deals/", headers={"authorization": token})
    assert identify(token) == ["token"]
    assert identify(token.replace("Token ", "token  ")) == ["token"]
    assert identify(token.replace("Token ", "Bearer ")) == ["token"]


def test_a_made_up_token_counts_by_address_too(client: Client) -> None:
    for _ in range(2):
        assert client.get("/api/v1/deals/", headers={"authorization": "Token no"}).status_code == 401
        assert identify("Token no") == ["token", "address"]


def test_a_session_counts_by_itself_once_somebody_was_logged_in() -> None:
    browser = log_in_staff()
    assert identify(session=session_of(browser)) == ["session", "address"]
    browser.get("/admin/")
    assert identify(session=session_of(browser)) == ["session"]


def test_a_made_up_session_counts_by_address_too(client: Client) -> None:
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    client.get("/admin/")
    assert identify(session="a" * 32) == ["session", "address"]


def test_a_session_proves_no_token_beside_it() -> None:
    """Else whoever is logged in could make up a token for each request, each with limits of its own."""
    browser = log_in_staff()
    for path in ("/admin/", "/api/v1/deals/"):
        browser.get(path, headers={"authorization": "Basic no"})
    browser.get("/admin/", headers={"authorization": "Token no"})
    assert identify("Token no", session_of(browser)) == ["session"]
    assert identify("Token no") == ["token", "address"]


def test_a_token_proves_no_session_beside_it(client: Client) -> None:
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    client.get("/api/v1/deals/", headers={"authorization": authorization_header()})
    assert identify(session="a" * 32) == ["session", "address"]


def test_to_remember_a_reader_makes_no_query(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """A page that does not look at the session does not read it for the limits."""
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    with django_assert_num_queries(0):
        client.get("/api/v1/schema/")


def test_only_so_many_are_remembered(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_identity, "MAX_PROVEN", 2)
    tokens = [authorization_header() for _ in range(3)]
    for token in tokens:
        client.get("/api/v1/deals/", headers={"authorization": token})
    assert [identify(token) for token in tokens] == [["token", "address"], ["token"], ["token"]]
