"""The API keys of sources: encrypted at rest, in no text, known to the reports about encryption keys."""

from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from crmmirror.health.checks import NotReady, check_secrets
from events.api_client.api_access import open_access
from events.models import ApiAccess
from events.sources.api_keys import UnfitApiKey, read_api_key, remove_api_key, set_api_key
from events.sources.registry import create_source
from tests.support.loads import ACTOR, create_loaded_source

pytestmark = pytest.mark.django_db
KEY = "heffl_user_SECRET123"


def test_a_key_is_stored_encrypted_and_shown_nowhere() -> None:
    access = create_loaded_source(key=f" {KEY}\n").api_access
    assert KEY.encode() not in bytes(access.ciphertext)
    assert read_api_key(access) == KEY
    assert KEY not in repr(open_access(access)) + repr(access) + str(access)


@pytest.mark.parametrize("key", ["", " ", "two words", "ключ", "a\nb", "x" * 2001])
def test_a_key_that_no_header_can_carry_is_refused_without_repeating_it(key: str) -> None:
    source = create_loaded_source()
    with pytest.raises(UnfitApiKey) as caught:
        set_api_key(source, key, ACTOR)
    assert not key.strip() or key not in str(caught.value)


def test_a_vendor_without_an_api_has_no_key() -> None:
    source, _ = create_source("support", "seedly")
    with pytest.raises(UnfitApiKey, match="use import_records"):
        set_api_key(source, KEY, ACTOR)


def test_a_new_key_has_to_prove_its_ids_again() -> None:
    source = create_loaded_source()
    ApiAccess.objects.update(proven_ids=["client"])
    assert set_api_key(source, KEY, ACTOR).proven_ids == []
    assert remove_api_key(source, ACTOR)
    assert not remove_api_key(source, ACTOR)


def test_reencrypt_secrets_encrypts_api_keys_too(settings: Any) -> None:
    source = create_loaded_source(key=KEY)
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.ENCRYPTION_KEYS]
    output = StringIO()
    call_command("reencrypt_secrets", stdout=output)
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    source.api_access.refresh_from_db()
    assert read_api_key(source.api_access) == KEY
    assert output.getvalue().startswith("2 secrets")


def test_a_key_that_nothing_decrypts_is_reported(settings: Any) -> None:
    source = create_loaded_source(key=KEY)
    source.secrets.all().delete()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match=r"crm \(API key\).*set_api_key SOURCE"):
        call_command("reencrypt_secrets", check=True)
    with pytest.raises(CommandError, match=r"No secret was changed.*crm \(API key\)"):
        call_command("reencrypt_secrets")
    with pytest.raises(NotReady, match=r"crm \(API key\)"):
        check_secrets.__wrapped__()  # type: ignore[attr-defined]
