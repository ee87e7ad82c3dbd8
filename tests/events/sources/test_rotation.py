"""The rotation of a secret: by command and in the admin, with an overlap after which old secrets expire."""

import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db.models import F
from django.test import Client, override_settings

from crmmirror.lib.cursors import fetch_rows
from events.models import Event, Source, SourceSecret
from events.sources import encryption
from events.sources.lookup import find_active_source
from events.sources.rotation import active_secrets, all_secrets, rotate_secret
from events.sources.secret_expiry import IS_ACTIVE_SQL
from tests.support.staff_client import create_staff_user, get_page, log_in_staff, page_url
from tests.support.vendor_requests import BODY, add_secret, deliver, new_source

pytestmark = pytest.mark.django_db


def rotate(*args: str) -> str:
    out = io.StringIO()
    call_command("rotate_secret", *args, stdout=out)
    return out.getvalue()


def rotate_to_secret(*args: str) -> str:
    """Rotate by command; return the new secret."""
    return json.loads(rotate(*args, "--json"))["secret"]


def move_expiry_back(**time: float) -> None:
    """Let all secrets expire that much sooner, as if the time had passed."""
    SourceSecret.objects.update(expires_at=F("expires_at") - timedelta(**time))


def accepts(source: Source, *secrets: str) -> list[bool]:
    """Return for each secret whether the source accepts a delivery that is signed with it."""
    bodies = [BODY + f" {SourceSecret.objects.count()}{index}".encode() for index in range(len(secrets))]
    pairs = zip(secrets, bodies, strict=True)
    return [deliver(source, secret, body).status_code != 401 for secret, body in pairs]


@pytest.mark.parametrize("scheme", ["standard-webhooks", "hmac-sha256", "hmac-sha256-timestamped", "token"])
def test_old_and_new_secret_are_accepted_until_the_overlap_has_ended(scheme: str) -> None:
    source, old = new_source(scheme)
    new = rotate_to_secret("acme", "--overlap", "2")
    assert accepts(source, old, new) == [True, True]
    move_expiry_back(hours=1, minutes=59)
    assert accepts(source, old, new) == [True, True]
    move_expiry_back(minutes=2)
    assert accepts(source, old, new) == [False, True]


def test_the_overlap_is_a_day_unless_given() -> None:
    new_source()
    printed = json.loads(rotate("acme", "--json"))
    assert set(printed) == {"slug", "secret", "old_end_at"}
    left = datetime.fromisoformat(printed["old_end_at"]) - datetime.now(UTC)
    assert timedelta(hours=23, minutes=59) < left <= timedelta(hours=24)


def test_the_command_prints_the_new_secret_and_when_the_old_ones_end() -> None:
    source, old = new_source()
    out = rotate("acme")
    assert old not in out
    assert find_active_source(source.uuid).read_secrets().readable[0] in out  # type: ignore[union-attr]
    assert f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H}" in out


def test_without_an_overlap_a_leaked_secret_ends_at_once() -> None:
    source, old = new_source()
    new = rotate_to_secret("acme", "--overlap", "0")
    assert accepts(source, old, new) == [False, True]


def test_a_secret_that_ends_before_the_overlap_still_does() -> None:
    source, first = new_source("token")
    second = rotate_to_secret("acme", "--overlap", "1")
    third = rotate_to_secret("acme", "--overlap", "48")
    move_expiry_back(hours=2)
    assert accepts(source, first, second, third) == [False, True, True]


def test_a_secret_that_has_ended_does_not_come_back() -> None:
    source, first = new_source("token")
    second = rotate_to_secret("acme", "--overlap", "0")
    third = rotate_to_secret("acme", "--overlap", "48")
    assert accepts(source, first, second, third) == [False, True, True]


def test_secrets_that_ended_long_ago_are_removed() -> None:
    source, _ = new_source()
    rotate("acme", "--overlap", "0")
    move_expiry_back(days=91)
    rotate("acme")
    assert SourceSecret.objects.filter(source=source).count() == 2


def test_the_secrets_of_other_sources_stay() -> None:
    new_source()
    other, secret = new_source(slug="other")
    rotate("acme", "--overlap", "0")
    assert accepts(other, secret) == [True]


def test_a_secret_that_the_vendor_made_is_accepted() -> None:
    source, _ = new_source("token")
    rotate("acme", "--secret", "of-the-vendors-own-making")
    assert accepts(source, "of-the-vendors-own-making") == [True]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nobody"], "there is no source 'nobody'; there are: acme, open"),
        (["open"], "the scheme none uses no secret"),
        (["acme", "--secret", "unfit"], "begins with whsec_"),
        (["acme", "--overlap", "-1"], "between 0 and 365 days"),
        (["acme", "--overlap", "9000"], "between 0 and 365 days"),
        (["acme", "--overlap", "x"], "is not a number of hours"),
        (["acme", "--overlap", "nan"], "is not a number of hours"),
        (["acme", "--overlap", "1e300"], "is not a number of hours"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(args: list[str], message: str) -> None:
    source, secret = new_source()
    new_source("none", slug="open")
    with pytest.raises(CommandError, match=re.escape(message)) as raised:
        rotate(*args)
    assert "\n" not in str(raised.value)
    assert [one.expires_at for one in SourceSecret.objects.all()] == [None]
    assert accepts(source, secret) == [True]


def test_an_active_secret_is_refused_as_the_new_one() -> None:
    _, secret = new_source()
    with pytest.raises(CommandError, match="already an active secret of the source"):
        rotate("acme", "--secret", secret)


def test_a_source_whose_secret_cannot_be_decrypted_can_be_rotated() -> None:
    source, _ = new_source()
    with override_settings(ENCRYPTION_KEYS=[Fernet.generate_key().decode()]):
        new = rotate_to_secret("acme", "--overlap", "0")
        assert accepts(source, new) == [True]


def test_after_reencryption_the_old_key_is_not_needed() -> None:
    keys = [Fernet.generate_key().decode() for _ in "ab"]
    with override_settings(ENCRYPTION_KEYS=keys[:1]):
        source, secret = new_source()
        newer = rotate_to_secret("acme")
    with override_settings(ENCRYPTION_KEYS=keys[::-1]):
        out = io.StringIO()
        call_command("reencrypt_secrets", stdout=out)
        assert "2 secrets" in out.getvalue()
    with override_settings(ENCRYPTION_KEYS=keys[1:]):
        assert accepts(source, secret, newer) == [True, True]


def test_reencryption_changes_nothing_if_a_key_is_missing() -> None:
    new_source()
    before = [bytes(one.ciphertext) for one in SourceSecret.objects.all()]
    with override_settings(ENCRYPTION_KEYS=[Fernet.generate_key().decode()]):
        new_source(slug="another")
        with pytest.raises(
            CommandError, match=r"No secret was changed: None of ENCRYPTION_KEYS decrypts acme \(secret"
        ):
            call_command("reencrypt_secrets")
    assert [bytes(one.ciphertext) for one in SourceSecret.objects.filter(source__slug="acme")] == before


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
    assert accepts(source, old, secret) == [True, True]
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
    assert re.search(r"ended</span>\s*2020-01-02 03:04:05", page)
    assert page.count("End now") == 2


def test_a_secret_is_ended_in_the_admin(client: Client) -> None:
    source, old = new_source("token")
    add_secret(source, "another")
    answer = client.post(end_url(SourceSecret.objects.order_by("id")[0]), follow=True)
    assert "has ended" in answer.content.decode()
    assert "every delivery is refused" not in answer.content.decode()
    assert accepts(source, old, "another") == [False, True]


def test_ending_the_last_secret_warns(client: Client) -> None:
    source, old = new_source()
    answer = client.post(end_url(SourceSecret.objects.get()), follow=True)
    assert "every delivery is refused" in answer.content.decode()
    assert accepts(source, old) == [False]


def test_a_secret_is_ended_only_at_the_address_of_its_own_source(client: Client) -> None:
    source, secret = new_source()
    other, _ = new_source(slug="other")
    foreign = page_url(other).replace("change", f"secrets/{source.secrets.get().pk}/end")
    assert client.post(foreign).status_code == 404
    assert accepts(source, secret) == [True]


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
    assert accepts(source, secret) == [True]
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
    assert accepts(source, secret) == [True]


def test_the_rule_for_active_secrets_is_the_same_in_sql_and_in_the_orm() -> None:
    source, _ = new_source()
    for index, days in enumerate((-365, -1, 0, 1, 365)):
        add_secret(source, f"secret-{index}", expires_at=datetime.now(UTC) + timedelta(days=days))
    table = SourceSecret._meta.db_table
    by_sql = {row[0] for row in fetch_rows(f"SELECT id FROM {table} WHERE {IS_ACTIVE_SQL}")}  # noqa: S608
    by_orm = set(active_secrets(source).values_list("id", flat=True))
    listed: Any = all_secrets(source)
    assert by_sql == by_orm == {secret.pk for secret in listed if secret.is_active}
    assert len(by_sql) == 3


def test_rotating_makes_secrets_that_are_encrypted() -> None:
    source, _ = new_source()
    secret, _ = rotate_secret(source)
    stored = bytes(active_secrets(source)[0].ciphertext)
    assert secret.encode() not in stored
    assert encryption.decrypt(stored) == secret
