"""The cache of sources: a change of a source counts for the next delivery, cached or not."""

from typing import Any

import pytest
from django.http import HttpRequest
from django.utils import timezone

from events.endpoint import delivery_request
from events.endpoint.request_body import read_body
from events.models import Event, Source, SourceSecret
from tests.support.vendor_requests import BODY, EVENT, add_secret, deliver, new_source, post

pytestmark = pytest.mark.django_db

OTHER_BODY = BODY.replace(str(EVENT["payload"]["id"]).encode(), b"ld_2")  # type: ignore[index]
SECRET = "whsec_" + "A" * 32


@pytest.fixture
def cached_source() -> tuple[Source, str]:
    """Create a source, and put it into this process's cache; return it with its secret."""
    source, secret = new_source()
    assert deliver(source, secret).status_code == 202
    return source, secret


def test_a_delivery_to_a_cached_source_takes_one_round_trip(
    cached_source: tuple[Source, str], sent_statements: list[Any]
) -> None:
    sent_statements.clear()
    assert deliver(*cached_source, OTHER_BODY).status_code == 202
    assert len(sent_statements) == 1


def test_a_source_that_was_made_inactive_is_not_found(cached_source: tuple[Source, str]) -> None:
    Source.objects.update(active=False)
    assert deliver(*cached_source, OTHER_BODY).status_code == 404
    assert deliver(*cached_source).status_code == 404
    assert Event.objects.count() == 1


CHANGES = {404: lambda: Source.objects.update(active=False), 401: lambda: SourceSecret.objects.all().delete()}


@pytest.mark.parametrize("status", CHANGES)
@pytest.mark.parametrize("rate_limit", [None, 5], ids=["without a rate limit", "with a rate limit"])
def test_a_change_while_a_body_is_sent_counts_for_that_delivery(
    status: int, rate_limit: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, secret = new_source()
    Source.objects.update(rate_limit=rate_limit)
    read = read_body

    def read_slowly(request: HttpRequest, limit: int) -> bytes:
        CHANGES[status]()
        return read(request, limit)

    monkeypatch.setattr(delivery_request, "read_body", read_slowly)
    assert deliver(source, secret).status_code == status
    assert not Event.objects.exists()


def test_a_secret_that_has_expired_is_refused(cached_source: tuple[Source, str]) -> None:
    SourceSecret.objects.update(expires_at=timezone.now())
    assert deliver(*cached_source, OTHER_BODY).status_code == 401
    assert Event.objects.count() == 1


def test_a_secret_that_was_added_is_accepted(cached_source: tuple[Source, str]) -> None:
    source, _ = cached_source
    add_secret(source, SECRET)
    assert deliver(source, SECRET, OTHER_BODY).status_code == 202


def test_a_limit_that_was_raised_counts_at_once(cached_source: tuple[Source, str]) -> None:
    source, secret = cached_source
    Source.objects.update(max_body_bytes=len(BODY) - 1)
    assert deliver(source, secret, OTHER_BODY).status_code == 413
    Source.objects.update(max_body_bytes=len(BODY))
    assert deliver(source, secret, OTHER_BODY).status_code == 202


def test_a_scheme_that_was_changed_counts_at_once(cached_source: tuple[Source, str]) -> None:
    source, _ = cached_source
    Source.objects.update(scheme="none")
    assert post(source, OTHER_BODY).status_code == 202


def test_a_source_that_was_deleted_is_not_found(cached_source: tuple[Source, str]) -> None:
    Event.objects.all().delete()
    Source.objects.all().delete()
    assert deliver(*cached_source).status_code == 404
