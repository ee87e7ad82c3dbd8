"""The rotation of a secret in the admin: the new secret is shown once, and secrets can be ended."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from events.models import Event, Source, SourceSecret
from tests.support.staff_client import create_staff_user, get_page, log_in_staff, page_url
from tests.support.vendor_requests import accepts_signed_with, add_secret, new_source

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return log_in_staff()


def rotate_url(source: Source) -> str:
    return page_url(source).replace("change", "rotate")


def end_url(secret: SourceSecret) -> str:
    return page_url(secret.source).replace("change", f"secrets/{secret.pk}/end")


def posted(client: Client, source: Source, **fields: Any) -> str:
    return client.post(rotate_url(source), {"overlap": "24", **fields}).content.decode()


def test_the_admin_shows_the_new_secret_once(client: Client) -> None:
    source, old = new_source()
    assert 'name="overlap" value="24"' in get_page(client, rotate_url(source))
    answer = client.post(rotate_url(source), {"overlap": "1"})
    [secret] = re.findall(r'<code id="secret">(.*?)</code>', answer.content.decode())
    assert "no-store" in answer["Cache-Control"]
    assert accepts_signed_with(source, old, secret) == [True, True]
    for url in (page_url(source), rotate_url(source), page_url(source).replace("change", "history")):
        assert secret not in get_page(client, url)
        assert old not in get_page(client, url)


def test_the_history_of_a_source_says_who_rotated_its_secret(client: Client) -> None:
    source, _ = new_source()
    posted(client, source)
    assert "Rotated the secret." in get_page(client, page_url(source).replace("change", "history"))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"secret": "unfit"}, "begins with whsec_"),
        ({"overlap": "-1"}, "greater than or equal to 0"),
        ({"overlap": "9000"}, "less than or equal to 8760"),
        ({"overlap": "nan"}, "Enter a number"),
        ({"overlap": ""}, "required"),
    ],
)
def test_the_admin_says_what_is_wrong_beside_the_field(
    client: Client, wrong: dict[str, str], message: str
) -> None:
    source, _ = new_source()
    page = posted(client, source, **wrong)
    assert message in " ".join(re.findall(r'<ul class="errorlist.*?</ul>', page, re.DOTALL))
    assert SourceSecret.objects.count() == 1


def test_the_admin_lists_when_secrets_were_made_and_when_they_end(client: Client) -> None:
    source, _ = new_source()
    add_secret(source, "ends-later", expires_at=datetime(2999, 1, 2, 3, 4, 5, tzinfo=UTC))
    add_secret(source, "has-ended", expires_at=datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC))
    page = get_page(client, page_url(source))
    assert "2999-01-02 03:04:05" in page
    assert re.search(r"ended</span>\s*<time [^>]+>2020-01-02 03:04:05</time>", page)
    assert page.count("End now") == 2


def test_a_secret_is_ended_in_the_admin(client: Client) -> None:
    source, old = new_source("token")
    add_secret(source, "another")
    answer = client.post(end_url(SourceSecret.objects.order_by("id")[0]), follow=True)
    assert "has ended" in answer.content.decode()
    assert "every delivery is refused" not in answer.content.decode()
    assert accepts_signed_with(source, old, "another") == [False, True]


def test_ending_the_last_secret_warns(client: Client) -> None:
    source, old = new_source()
    answer = client.post(end_url(SourceSecret.objects.get()), follow=True)
    assert "every delivery is refused" in answer.content.decode()
    assert accepts_signed_with(source, old) == [False]


def test_a_secret_is_ended_only_at_the_address_of_its_own_source(client: Client) -> None:
    source, secret = new_source()
    other, _ = new_source(slug="other")
    foreign = page_url(other).replace("change", f"secrets/{source.secrets.get().pk}/end")
    assert client.post(foreign).status_code == 404
    assert accepts_signed_with(source, secret) == [True]


def test_secrets_are_for_those_who_may_change_the_source() -> None:
    source, secret = new_source()
    viewer = log_in_staff("view_source")
    for url in (
        rotate_url(source),
        end_url(source.secrets.get()),
        page_url(source).replace("change", "trial"),
    ):
        assert viewer.post(url, {"overlap": "0"}).status_code == 403
        assert Client().post(url, {"overlap": "0"}).status_code == 302
    assert viewer.get(rotate_url(source)).status_code == 403
    assert "End now" not in get_page(viewer, page_url(source))
    assert accepts_signed_with(source, secret) == [True]
    assert Event.objects.count() == 1


def test_pages_that_change_something_refuse_get(client: Client) -> None:
    source, _ = new_source()
    for url in (end_url(source.secrets.get()), page_url(source).replace("change", "trial")):
        assert client.get(url).status_code == 405


def test_every_post_of_the_admin_asks_for_a_csrf_token() -> None:
    source, secret = new_source()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(create_staff_user())
    for url in (
        rotate_url(source),
        end_url(source.secrets.get()),
        page_url(source).replace("change", "trial"),
    ):
        assert strict.post(url, {"overlap": "0"}).status_code == 403
    assert accepts_signed_with(source, secret) == [True]
