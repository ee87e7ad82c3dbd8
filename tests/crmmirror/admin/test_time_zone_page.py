"""A user chooses his time zone on a page, or takes the one of his browser, which is offered once."""

import re

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from entities.models import Deal, UserProfile
from tests.support.staff_client import get_page, list_url, log_in_staff

pytestmark = pytest.mark.django_db

OFFER = 'id="time-zone-offer"'


def choose(client: Client, zone: str, address: str = "/admin/") -> str:
    """Choose a zone; return the address that the answer leads to."""
    response = client.post(reverse("admin:time_zone"), {"time_zone": zone, "next": address})
    assert response.status_code == 302, response.content.decode()
    return str(response["Location"])


def test_a_user_chooses_his_zone_and_comes_back_to_where_he_was() -> None:
    client = log_in_staff("view_deal")
    address = f"{list_url(Deal)}?status=won&o=-created_at"
    link = re.search(r'<a class="clock" href="([^"]+)"', get_page(client, address))
    assert link
    page = get_page(client, link[1])
    assert f'name="next" value="{address.replace("&", "&amp;")}"' in page
    assert choose(client, "Asia/Dubai", address) == address
    page = get_page(client, address)
    assert "Times are shown in the time zone Asia/Dubai." in page
    assert "Dubai time " in page
    assert '<option value="Asia/Dubai" selected>Dubai</option>' in get_page(
        client, reverse("admin:time_zone")
    )


def test_a_user_returns_to_the_default(settings: LazySettings) -> None:
    settings.DISPLAY_TIME_ZONE = "Europe/Berlin"
    client = log_in_staff()
    choose(client, "Asia/Dubai")
    choose(client, "")
    page = get_page(client, reverse("admin:time_zone"))
    assert "Berlin time " in page
    assert '<option value="" selected>the default: Europe/Berlin</option>' in page
    assert UserProfile.objects.get().time_zone == ""


def test_zones_are_grouped_by_region_and_found_by_the_first_letters_of_their_place() -> None:
    page = get_page(log_in_staff(), reverse("admin:time_zone"))
    groups = re.findall(r'<optgroup label="(\w+)">(.*?)</optgroup>', page, re.DOTALL)
    assert [name for name, _ in groups][:3] == ["Africa", "America", "Antarctica"]
    america = re.findall(r'<option value="([^"]+)">([^<]+)</option>', dict(groups)["America"])
    assert ("America/Argentina/Ushuaia", "Ushuaia (Argentina)") in america
    assert [place for _, place in america] == sorted(place for _, place in america)
    assert '<option value="UTC">UTC</option>' in page


@pytest.mark.parametrize("zone", ["Mars/Olympus", "asia/dubai", "../UTC", "a\0b", "x" * 10_000])
def test_a_zone_that_does_not_exist_is_refused_with_the_reason(zone: str) -> None:
    client = log_in_staff()
    response = client.post(reverse("admin:time_zone"), {"time_zone": zone})
    assert response.status_code == 200
    assert 'class="errorlist"' in response.content.decode()
    assert not UserProfile.objects.exists()


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_the_page_leads_to_no_other_site(address: str) -> None:
    assert choose(log_in_staff(), "Asia/Dubai", address) == "/admin/"


@pytest.mark.parametrize("answer", ["Asia/Dubai", ""], ids=["taken", "declined"])
def test_the_browsers_zone_is_offered_until_it_is_answered(answer: str) -> None:
    client = log_in_staff()
    assert OFFER in get_page(client, "/admin/")
    assert OFFER not in get_page(client, reverse("admin:time_zone"))
    assert choose(client, answer) == "/admin/"
    assert OFFER not in get_page(client, "/admin/")
    assert UserProfile.objects.get().time_zone == answer


def test_the_offer_is_hidden_without_javascript_and_for_strangers() -> None:
    assert re.search(rf"<form [^>]*{OFFER}[^>]* hidden>", get_page(log_in_staff(), "/admin/"))
    assert OFFER not in get_page(Client(), "/admin/login/")


def test_an_answer_is_stored_once_however_often_it_is_sent() -> None:
    client = log_in_staff()
    for zone in ("Asia/Dubai", "Asia/Dubai", "Europe/Berlin"):
        choose(client, zone)
    assert UserProfile.objects.get().time_zone == "Europe/Berlin"


def test_the_choice_is_the_users_own_and_needs_staff() -> None:
    choose(log_in_staff("view_deal"), "Asia/Dubai")
    assert ">UTC " in get_page(log_in_staff(), "/admin/")
    stranger = Client()
    stranger.force_login(User.objects.create_user("mallory"))
    for client in (stranger, Client()):
        response = client.post(reverse("admin:time_zone"), {"time_zone": "Asia/Tokyo"})
        assert response["Location"].startswith("/admin/login/")
    assert UserProfile.objects.count() == 1
