"""Trial keys: made, accepted, shown and ended through the command, the URL and the admin."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from entities.audit import identify_command
from entities.models import AuditAction, AuditEntry
from events import signatures
from events.models import Source, SourceSecret
from events.signatures.key_pairs import make_trial_key
from events.sources import encryption
from events.sources.lookup import find_active_source
from events.sources.readable_secrets import needed_secrets
from events.sources.rotation import reencrypt_all_secrets
from events.sources.trial_keys import active_trial_keys, add_trial_key, choose_signing_secret
from tests.support.signing_vendor import BODY, GOHIGHLEVEL, create_signing_source, signing_vendor
from tests.support.staff_client import get_page, log_in_staff, page_url
from tests.support.third_vendor import NAME
from tests.support.vendor_requests import new_source, post

pytestmark = pytest.mark.django_db
OLD = BODY[:-1] + b', "timestamp": "2020-01-15T10:30:00Z"}'


@pytest.fixture(autouse=True)
def vendor() -> Iterator[None]:
    with signing_vendor(GOHIGHLEVEL):
        yield


@pytest.fixture
def source() -> Source:
    return create_signing_source()[0]


def give_trial_key(source: Source) -> str:
    """Give the source a trial key; return it in clear."""
    key = add_trial_key(source, identify_command("test"))
    return encryption.decrypt(bytes(key.ciphertext))


def create(*args: str) -> str:
    out = io.StringIO()
    call_command("create_source", "sales", "--vendor", NAME, *args, stdout=out)
    return out.getvalue()


def deliver(source: Source, key: str, body: bytes = BODY) -> Any:
    return post(source, body, signatures.sign(source, key, body))


def test_a_new_source_has_no_trial_key_by_default() -> None:
    assert "none: the vendor signs with a private key of its own" in create()
    assert not SourceSecret.objects.exists()


@override_settings(TRIAL_KEYS=True)
def test_a_new_source_has_one_in_the_embedded_stack_and_writes_that_down() -> None:
    assert json.loads(create("--json"))["secret"] is None
    assert active_trial_keys(Source.objects.get()).count() == 1
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert actions == {AuditAction.SOURCE_CREATED, AuditAction.TRIAL_KEY_CREATED}


def test_the_command_makes_one_if_asked() -> None:
    create("--trial-key")
    assert active_trial_keys(Source.objects.get()).count() == 1


def test_a_vendor_that_shares_a_secret_gets_no_trial_key() -> None:
    with pytest.raises(CommandError, match="trial_key: is not needed"):
        call_command("create_source", "sales", vendor="heffl", trial_key=True)
    assert not Source.objects.exists()


def test_a_source_has_one_trial_key_at_a_time(source: Source) -> None:
    give_trial_key(source)
    with pytest.raises(Exception, match="there is one already"):
        give_trial_key(source)


def test_what_the_trial_key_signed_is_accepted_until_it_is_ended(source: Source) -> None:
    key = give_trial_key(source)
    assert deliver(source, key).status_code == 202
    assert post(source, BODY.replace(b"p1", b"p2"), signatures.sign(source, key, BODY)).status_code == 401
    log_in_staff().post(end_url(source))
    assert deliver(source, key, BODY + b" ").status_code == 401


def test_no_window_counts_for_a_sample_of_long_ago_and_its_bytes_stay(source: Source) -> None:
    key = give_trial_key(source)
    signed = signatures.sign_delivery(source, key, OLD)
    assert signed.body == OLD
    assert post(source, signed.body, signed.headers).status_code == 202


def test_the_trial_key_of_another_source_is_refused(source: Source) -> None:
    give_trial_key(source)
    other, _ = create_signing_source(slug="other")
    assert deliver(source, give_trial_key(other)).status_code == 401


def test_a_trial_key_is_no_secret_of_a_source_that_signs_otherwise(source: Source) -> None:
    key = give_trial_key(source)
    Source.objects.update(scheme="hmac-sha256")
    source.refresh_from_db()
    assert deliver(source, key).status_code == 401


def test_a_trial_key_is_stored_encrypted_and_is_encrypted_anew(source: Source) -> None:
    key = give_trial_key(source)
    stored = SourceSecret.objects.get()
    assert key.encode() not in bytes(stored.ciphertext)
    assert reencrypt_all_secrets() == (1, [])
    assert choose_signing_secret(source) == key
    assert not needed_secrets().exists()


def test_a_trial_key_that_cannot_be_decrypted_does_not_keep_the_vendor_out(source: Source) -> None:
    give_trial_key(source)
    SourceSecret.objects.update(ciphertext=b"lost")
    active = find_active_source(source.uuid)
    assert active
    assert active.read_trial_keys() == []
    assert deliver(source, make_trial_key("ed25519")).status_code == 401


def end_url(source: Source) -> str:
    key = active_trial_keys(source).get()
    return page_url(source).replace("change", f"secrets/{key.pk}/end")


def test_the_page_of_the_source_shows_the_trial_key_and_the_button_that_ends_it(source: Source) -> None:
    client = log_in_staff()
    page = get_page(client, page_url(source))
    assert "Make a trial key" in page
    assert "End the trial key" not in page
    assert "Rotate the secret" not in page
    client.post(page_url(source).replace("change", "trial-key"))
    page = get_page(client, page_url(source))
    assert '<span class="badge" data-word="pending">trial key</span>' in page
    assert end_url(source) in page
    assert "Make a trial key" not in page
    answer = client.post(end_url(source), follow=True)
    assert "has ended" in answer.content.decode()
    assert "no active secret" not in answer.content.decode()
    assert not active_trial_keys(source).exists()
    assert AuditEntry.objects.filter(action=AuditAction.TRIAL_KEY_ENDED).count() == 1


def test_a_trial_key_is_made_by_a_post_of_those_who_may_change_the_source(source: Source) -> None:
    url = page_url(source).replace("change", "trial-key")
    assert log_in_staff().get(url).status_code == 405
    assert Client().post(url).status_code == 302
    assert not SourceSecret.objects.exists()


def test_the_admin_says_why_there_is_no_trial_key_for_a_shared_secret() -> None:
    source, _ = new_source(slug="shared")
    client = log_in_staff()
    answer = client.post(page_url(source).replace("change", "trial-key"), follow=True)
    assert "No trial key was made. trial_key: is not needed" in answer.content.decode()
    assert "trial key" not in get_page(client, page_url(source)).lower()


def test_the_page_of_a_new_source_says_that_there_is_nothing_to_enter() -> None:
    client = log_in_staff()
    new = {"slug": "acme", "vendor": NAME, "scheme": "", "encoding": "hex"}
    page = client.post("/admin/events/source/add/", new).content.decode()
    assert "private key of its own" in page
    assert "trial key" not in page
    with override_settings(TRIAL_KEYS=True):
        page = client.post("/admin/events/source/add/", new | {"slug": "b"}).content.decode()
    assert "trial key" in page
    assert list(Source.objects.values_list("scheme", flat=True)) == ["vendor", "vendor"]


def test_without_a_trial_key_the_test_event_and_deliver_say_what_to_do(source: Source) -> None:
    answer = log_in_staff().post(page_url(source).replace("change", "trial"), follow=True)
    assert "make a trial key on the source&#x27;s page first" in answer.content.decode()
    with pytest.raises(CommandError, match="make a trial key"):
        call_command("deliver", source.slug, generate=1)
