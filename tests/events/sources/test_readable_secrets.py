"""A database without the key that its secrets were encrypted with: what still works, and what says so."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.test import override_settings

from events import signatures
from events.endpoint.delivery_authentication import _encryption_circuit
from events.models import Event, Source, SourceSecret
from events.sources.rotation import rotate_secret
from events.sources.trial_keys import choose_signing_secret
from tests.support.staff_client import get_page, log_in_staff, page_url
from tests.support.vendor_requests import BODY, add_secret, deliver, new_source, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def old_key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture
def restored(old_key: str) -> Iterator[tuple[Source, str]]:
    """Return a source and its secret, which the keys of the settings no longer decrypt."""
    with override_settings(ENCRYPTION_KEYS=[old_key]):
        source, secret = new_source()
    with override_settings(ENCRYPTION_KEYS=[Fernet.generate_key().decode()]):
        yield source, secret


def run(*args: str) -> str:
    out = io.StringIO()
    call_command(*args, stdout=out)
    return out.getvalue()


def test_a_delivery_that_no_readable_secret_proves_is_to_be_sent_again(restored: tuple[Source, str]) -> None:
    assert deliver(*restored).status_code == 503
    assert not Event.objects.exists()


def test_a_delivery_that_a_readable_secret_proves_is_accepted_beside_an_unreadable_one(
    restored: tuple[Source, str],
) -> None:
    source, old = restored
    new, _ = rotate_secret(source)
    assert deliver(source, new, BODY).status_code == 202
    assert deliver(source, old, BODY + b" ").status_code == 503


def test_without_an_unreadable_secret_a_wrong_signature_is_401(restored: tuple[Source, str]) -> None:
    source, old = restored
    rotate_secret(source, overlap=timedelta())
    assert deliver(source, old).status_code == 401


def test_a_signature_that_is_too_old_is_401_whatever_the_secret(restored: tuple[Source, str]) -> None:
    source, secret = restored
    assert post(source, BODY, signatures.sign(source, secret, BODY, at=1)).status_code == 401


def test_a_source_that_needs_no_secret_accepts_although_it_has_an_unreadable_one(
    restored: tuple[Source, str],
) -> None:
    Source.objects.update(scheme="none")
    assert post(restored[0], BODY).status_code == 202


def test_an_outage_of_the_key_is_one_line_for_each_source(
    restored: tuple[Source, str], old_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    _encryption_circuit.cache_clear()
    other, secret = new_source(slug="other")
    for number in range(3):
        deliver(*restored)
        deliver(other, secret, BODY + b" " * number)
    with override_settings(ENCRYPTION_KEYS=[old_key]):
        deliver(*restored)
    assert [caplog.text.count(f"encryption_key_{word}") for word in ("away", "back")] == [1, 1]


def test_the_check_names_the_secrets_by_source_and_id(restored: tuple[Source, str], old_key: str) -> None:
    source, secret = restored
    rotate_secret(source)
    old_id = SourceSecret.objects.order_by("id")[0].pk
    with pytest.raises(CommandError) as raised:
        run("reencrypt_secrets", "--check")
    assert f"decrypts acme (secret {old_id}). Add the keys" in str(raised.value)
    assert "rotate_secret" in str(raised.value)
    assert secret not in str(raised.value)
    SourceSecret.objects.filter(pk=old_id).update(expires_at=datetime.now(UTC))
    assert f"Not needed, and cannot be decrypted: acme (secret {old_id})." in run(
        "reencrypt_secrets", "--check"
    )
    with override_settings(ENCRYPTION_KEYS=[old_key]), pytest.raises(CommandError):
        run("reencrypt_secrets", "--check")


def test_an_ended_secret_that_no_key_decrypts_does_not_hold_up_the_others(
    restored: tuple[Source, str],
) -> None:
    source, _ = restored
    new, _ = rotate_secret(source, overlap=timedelta())
    out = run("reencrypt_secrets")
    assert "1 secrets are encrypted" in out
    assert "Not needed, and cannot be decrypted: acme" in out
    assert deliver(source, new).status_code == 202


def test_the_sources_page_marks_the_secret_and_says_what_to_do(restored: tuple[Source, str]) -> None:
    source, secret = restored
    rotate_secret(source)
    page = get_page(log_in_staff(), page_url(source))
    assert page.count("cannot be decrypted</span>") == 1
    assert "ENCRYPTION_KEYS" in page
    assert secret not in page


def test_the_page_of_a_source_with_all_its_keys_says_nothing_of_it() -> None:
    source, _ = new_source()
    assert "cannot be decrypted" not in get_page(log_in_staff(), page_url(source))


def test_the_form_says_that_a_secret_cannot_be_decrypted(restored: tuple[Source, str]) -> None:
    source, _ = restored
    fields = {
        "slug": "acme",
        "active": "on",
        "encoding": "hex",
        "max_body_bytes": "1",
        "rate_period": "second",
    }
    page = log_in_staff().post(page_url(source), fields | {"scheme": "hmac-sha256"}).content.decode()
    assert "A secret of this source cannot be decrypted." in page


def test_a_sender_without_a_readable_secret_is_told_in_one_line(restored: tuple[Source, str]) -> None:
    with pytest.raises(CommandError, match="The events cannot be signed: None of ENCRYPTION_KEYS") as raised:
        run("deliver", "acme", "--generate", "1")
    assert "\n" not in str(raised.value)


def test_the_test_event_is_signed_with_a_secret_that_can_be_decrypted(
    restored: tuple[Source, str], old_key: str
) -> None:
    """The newest secret is the unreadable one, as after a change of the keys that was taken back."""
    source, _ = restored
    readable, _ = rotate_secret(source)
    with override_settings(ENCRYPTION_KEYS=[Fernet.generate_key().decode()]):
        add_secret(source, "whsec_bmV3")
    assert choose_signing_secret(source) == readable
