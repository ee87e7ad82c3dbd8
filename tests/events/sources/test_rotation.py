"""The rotation of a secret: by command, with an overlap after which old secrets expire."""

import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db.models import F
from django.test import override_settings

from crmmirror.lib.database.cursors import fetch_rows
from events.models import SourceSecret
from events.sources import encryption
from events.sources.lookup import find_active_source
from events.sources.rotation import active_secrets, all_secrets, rotate_secret
from events.sources.secret_expiry import IS_ACTIVE_SQL
from tests.support.vendor_requests import accepts_signed_with, add_secret, new_source

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


@pytest.mark.parametrize("scheme", ["standard-webhooks", "hmac-sha256", "hmac-sha256-timestamped", "token"])
def test_old_and_new_secret_are_accepted_until_the_overlap_has_ended(scheme: str) -> None:
    source, old = new_source(scheme)
    new = rotate_to_secret("acme", "--overlap", "2")
    assert accepts_signed_with(source, old, new) == [True, True]
    move_expiry_back(hours=1, minutes=59)
    assert accepts_signed_with(source, old, new) == [True, True]
    move_expiry_back(minutes=2)
    assert accepts_signed_with(source, old, new) == [False, True]


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
    assert accepts_signed_with(source, old, new) == [False, True]


def test_a_secret_that_ends_before_the_overlap_still_does() -> None:
    source, first = new_source("token")
    second = rotate_to_secret("acme", "--overlap", "1")
    third = rotate_to_secret("acme", "--overlap", "48")
    move_expiry_back(hours=2)
    assert accepts_signed_with(source, first, second, third) == [False, True, True]


def test_a_secret_that_has_ended_does_not_come_back() -> None:
    source, first = new_source("token")
    second = rotate_to_secret("acme", "--overlap", "0")
    third = rotate_to_secret("acme", "--overlap", "48")
    assert accepts_signed_with(source, first, second, third) == [False, True, True]


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
    assert accepts_signed_with(other, secret) == [True]


def test_a_secret_that_the_vendor_made_is_accepted() -> None:
    source, _ = new_source("token")
    rotate("acme", "--secret", "of-the-vendors-own-making")
    assert accepts_signed_with(source, "of-the-vendors-own-making") == [True]


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
    assert accepts_signed_with(source, secret) == [True]


def test_an_active_secret_is_refused_as_the_new_one() -> None:
    _, secret = new_source()
    with pytest.raises(CommandError, match="already an active secret of the source"):
        rotate("acme", "--secret", secret)


def test_a_source_whose_secret_cannot_be_decrypted_can_be_rotated() -> None:
    source, _ = new_source()
    with override_settings(ENCRYPTION_KEYS=[Fernet.generate_key().decode()]):
        new = rotate_to_secret("acme", "--overlap", "0")
        assert accepts_signed_with(source, new) == [True]


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
