"""Webhooks that the mirror orders at a vendor before it loads."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from events.loading.load_states import LoadRefused
from events.loading.webhook_orders import order_webhooks
from events.models import Source, SourceSecret, VendorSubscription
from events.sources.encryption import decrypt
from tests.support.loads import ACTOR
from tests.support.vendor_api.faults import Fault
from tests.support.vendor_api.server import VendorServer
from tests.support.vendor_api.webhook_sender import sign

pytestmark = pytest.mark.django_db


def test_id_and_secret_are_kept_and_the_vendors_deliveries_accepted(
    vendor: VendorServer, source: Source, client: Client
) -> None:
    out = io.StringIO()
    call_command("backfill", "crm", subscribe=True, resource=["leads"], stdout=out, stderr=io.StringIO())
    ordered = vendor.webhooks.subscription
    assert ordered is not None
    subscription = VendorSubscription.objects.get()
    assert subscription.url == ordered.url
    assert ordered.url.endswith(f"/webhooks/{source.uuid}/")
    assert {"lead.created", "deal.deleted"} <= set(ordered.events)
    secrets = {decrypt(bytes(secret.ciphertext)) for secret in SourceSecret.objects.filter(source=source)}
    assert ordered.secret in secrets
    assert len(secrets) == 2
    assert ordered.secret not in out.getvalue()
    body = b'{"event": "lead.created", "timestamp": "2026-01-01T00:00:00Z", "payload": {"id": "ld_9"}}'
    headers = sign(ordered.secret, body)
    path = f"/webhooks/{source.uuid}/"
    assert client.post(path, body, content_type="application/json", headers=headers).status_code == 202


def test_what_was_ordered_is_not_ordered_again(vendor: VendorServer, source: Source) -> None:
    first = order_webhooks(source, ACTOR)
    assert order_webhooks(source, ACTOR) == first
    assert len(vendor.log.requests) == 1


def test_a_refusal_leaves_nothing_behind(vendor: VendorServer, source: Source) -> None:
    vendor.api.faults.plan(Fault.FORBIDDEN)
    with pytest.raises(CommandError, match=r"no webhooks were ordered: .*403"):
        call_command("backfill", "crm", subscribe=True, stdout=io.StringIO())
    assert not VendorSubscription.objects.exists()
    assert SourceSecret.objects.count() == 1
    assert not source.loads.exists()


def test_an_answer_without_a_secret_is_refused(vendor: VendorServer, source: Source) -> None:
    vendor.api.faults.plan(Fault.UNKNOWN_SHAPE)
    with pytest.raises(LoadRefused, match="no id or no secret"):
        order_webhooks(source, ACTOR)


@override_settings(DELIVERY_URL="http://127.0.0.1:8000")
def test_an_address_that_the_vendor_cannot_reach_is_refused(source: Source) -> None:
    with pytest.raises(LoadRefused, match="set DELIVERY_URL"):
        order_webhooks(source, ACTOR)
