"""manage.py reencrypt_secrets: afterwards the old key is not needed; nothing changes if a key is missing."""

import io

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import override_settings

from crmmirror.sign_on.second_factors.factor_codes import begin_enrolment, read_key
from entities.erasure.marked_addresses import EMAIL, Address
from entities.erasure.marks import Extent, mark_address
from entities.models import Erasure
from events.models import SourceSecret
from events.sources.rotation import rotate_secret
from events.withholding.mark_store import find_marks, write_marks
from tests.support.vendor_requests import accepts_signed_with, new_source

pytestmark = pytest.mark.django_db


def test_after_reencryption_the_old_key_is_not_needed() -> None:
    keys = [Fernet.generate_key().decode() for _ in "ab"]
    with override_settings(ENCRYPTION_KEYS=keys[:1]):
        source, secret = new_source()
        newer = rotate_secret(source)[0]
    with override_settings(ENCRYPTION_KEYS=keys[::-1]):
        out = io.StringIO()
        call_command("reencrypt_secrets", stdout=out)
        assert "2 secrets" in out.getvalue()
    with override_settings(ENCRYPTION_KEYS=keys[1:]):
        assert accepts_signed_with(source, secret, newer) == [True, True]


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


def test_the_keys_of_second_factors_are_encrypted_anew_too() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    with override_settings(ENCRYPTION_KEYS=[old]):
        factor = begin_enrolment(User.objects.create_user("ann"))
        key = read_key(factor)
    with override_settings(ENCRYPTION_KEYS=[new, old]):
        call_command("reencrypt_secrets")
    factor.refresh_from_db()
    with override_settings(ENCRYPTION_KEYS=[new]):
        assert read_key(factor) == key


def test_the_key_of_the_erasure_marks_is_encrypted_anew() -> None:
    mark = mark_address(Extent(), Address(EMAIL, "ann@example.com"))
    keys = [Fernet.generate_key().decode() for _ in "ab"]
    with override_settings(ENCRYPTION_KEYS=keys[:1]):
        write_marks(Erasure.objects.create(), [mark])
    with override_settings(ENCRYPTION_KEYS=keys[::-1]):
        call_command("reencrypt_secrets", stdout=io.StringIO())
    with override_settings(ENCRYPTION_KEYS=keys[1:]):
        assert find_marks([mark]).marks == {mark}
