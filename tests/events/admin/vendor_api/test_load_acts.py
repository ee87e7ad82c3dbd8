"""The acts of the page about loads: the key, start, pause and resume, each by a POST of those who may."""

import pytest
from django.test import Client

from events.models import ApiAccess, Load
from events.sources.api_keys import read_api_key
from tests.support.load_pages import load_page_url, press, show_load
from tests.support.loads import create_loaded_source, start_load
from tests.support.staff_client import ensure_source, get_page, log_in_staff, page_url

pytestmark = pytest.mark.django_db

ACTS = ("key", "remove-key", "start", "pause", "resume")
KEY = "key-of-the-account"


@pytest.fixture
def client() -> Client:
    return log_in_staff()


def test_a_key_is_stored_and_never_shown_again(client: Client) -> None:
    source = ensure_source()
    assert "The API key is stored." in press(client, source, "key", key=f" {KEY} ")
    access = ApiAccess.objects.get(source=source)
    assert read_api_key(access) == KEY
    assert KEY.encode() not in bytes(access.ciphertext)
    for url in (load_page_url(source), page_url(source), page_url(source).replace("change", "history")):
        assert KEY not in get_page(client, url)
    assert "The API key is stored." in get_page(client, page_url(source).replace("change", "history"))


def test_a_key_is_replaced_and_removed(client: Client) -> None:
    source = create_loaded_source(key="old")
    press(client, source, "key", key=KEY)
    assert read_api_key(ApiAccess.objects.get()) == KEY
    assert "The API key is removed." in press(client, source, "remove-key")
    assert not ApiAccess.objects.exists()
    assert "Nothing was removed" in press(client, source, "remove-key")


@pytest.mark.parametrize(
    ("key", "message"), [("", "This field is required."), ("with space", "ASCII"), ("ü", "ASCII")]
)
def test_an_unfit_key_is_refused_with_a_reason(client: Client, key: str, message: str) -> None:
    source = ensure_source()
    page = press(client, source, "key", key=key)
    assert "The API key was not stored" in page
    assert message in page
    assert not ApiAccess.objects.exists()


def test_a_key_that_cannot_be_decrypted_is_said(client: Client) -> None:
    source = create_loaded_source()
    ApiAccess.objects.update(ciphertext=b"of another key")
    assert "cannot be decrypted" in show_load(client, source)


def test_all_lists_or_chosen_ones_are_started(client: Client) -> None:
    source = create_loaded_source()
    form = show_load(client, source)
    assert "companies" in form
    press(client, source, "start", resources=["deals", "leads"], since="2025-01-15", trusts_ids="on")
    load = Load.objects.get()
    assert (load.resources, load.trusts_ids, str(load.since)) == (
        ["deals", "leads"],
        True,
        "2025-01-15 00:00:00+00:00",
    )
    assert load.state == Load.State.RUNNING


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "Choose at least one list."),
        ({"resources": ["nonsense"]}, "nonsense is not one of the available choices"),
        ({"resources": ["deals"], "since": "someday"}, "Enter a valid date."),
        ({"resources": ["deals"], "since": "0001-01-01"}, ""),
    ],
)
def test_what_cannot_be_started_is_said(
    client: Client, fields: dict[str, str | list[str]], message: str
) -> None:
    source = create_loaded_source()
    page = press(client, source, "start", **fields)
    assert message in page
    assert Load.objects.exists() == (not message)


def test_a_second_load_is_not_started_beside_the_first(client: Client) -> None:
    source = create_loaded_source()
    start_load(source, "deals")
    page = press(client, source, "start", resources=["leads"])
    assert "is being loaded already" in page
    assert Load.objects.count() == 1


def test_nothing_is_started_paused_or_resumed_without_a_key_or_a_load(client: Client) -> None:
    source = ensure_source()
    assert "has no API key" in press(client, source, "start", resources=["deals"])
    assert "was never loaded" in press(client, source, "pause")
    assert "was never loaded" in press(client, source, "resume")


def test_a_load_that_is_done_is_neither_paused_nor_resumed(client: Client) -> None:
    source = create_loaded_source()
    start_load(source, "deals")
    Load.objects.update(state=Load.State.DONE)
    assert "has ended" in press(client, source, "pause")
    assert "is done" in press(client, source, "resume")


def test_a_load_is_resumed_with_trust_in_the_ids(client: Client) -> None:
    source = create_loaded_source()
    load = start_load(source, "companies", trusts_ids=False)
    press(client, source, "pause")
    press(client, source, "resume", trusts_ids="on")
    load.refresh_from_db()
    assert (load.state, load.trusts_ids) == (Load.State.RUNNING, True)


@pytest.mark.parametrize("act", ACTS)
def test_acts_are_for_those_who_may_change_the_source(act: str) -> None:
    source = create_loaded_source()
    address = load_page_url(source, act)
    assert log_in_staff("view_source").post(address, {"key": "x"}).status_code == 403
    assert log_in_staff().get(address).status_code == 405
    assert Client().post(address).status_code == 302
    assert not Load.objects.exists()
    assert ApiAccess.objects.count() == 1
