"""A mirror with something on every page: an invented company, events in each state, refusals, people."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin import site
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from model_bakery import baker

from entities.generator.company_events import generate_company
from entities.models import ApiToken, SecondFactor
from entities.vendors import all_vendors
from events.ingest.store import store_event
from events.models import Event, Refusal, RefusalCount
from events.processing.drain import drain_backlog
from events.refusals.reasons import RefusalReason
from tests.support.staff_client import HEADERS, ensure_source, page_url, store_and_apply, store_delivery


def store_company(count: int, now: datetime) -> None:
    """Store and apply so many events of an invented company of each vendor, none after now."""
    for vendor in all_vendors().values():
        source = ensure_source(f"acme-{vendor.name}", vendor.name)
        for body in generate_company(vendor, count, 0, now):
            store_event(source, body, HEADERS, now)
    drain_backlog()


def store_one_of_everything(client: Client) -> None:
    """Store a row of each model that has none yet, and an event in each state. client: of a superuser."""
    failed = store_and_apply("deal.created", {"title": "no id"})
    store_and_apply("deal.exploded", {"id": "x"})
    store_and_apply(
        "deal.updated", {"id": "dl_odd", "title": "Odd", "score": 1, "expectedCloseDate": "someday"}
    )
    client.post(page_url(failed).replace("change", "apply-again"))
    drain_backlog()
    for body in (b"{", b'{"event": "deal.created"}'):
        store_delivery(body)
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for reason in RefusalReason:
        fields: dict[str, Any] = {"source": failed.source, "reason": reason}
        Refusal.objects.create(
            **fields, detail="Missing.", refused_at=hour, remote_address="203.0.113.7", size=9
        )
        RefusalCount.objects.create(**fields, hour=hour, count=3)
    view = {"record_type": "deal", "name": "Open deals", "query": "status=open", "pinned": "on"}
    client.post("/admin/views/save/", view)
    ApiToken.issue(User.objects.latest("pk"), "reports")
    for model in site._registry:
        if not model._default_manager.exists():
            baker.make(model)
    # The last of the users, whose page is the one that is looked at.
    SecondFactor.objects.create(
        user=User.objects.create_user("zoe"), ciphertext=b"", confirmed_at=timezone.now()
    )
    waiting = store_delivery({"event": "deal.updated", "payload": {"id": "dl_odd", "title": "Waits"}})
    Event.objects.filter(pk=waiting.pk).update(received_at=timezone.now() - timedelta(hours=3))
