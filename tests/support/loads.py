"""Loads from the vendor's server of the tests: a source with a key, and the pages run one after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Thread

from django.db import connection
from django.test import override_settings

from entities.audit import identify_command
from events.ingest.store import store_event
from events.loading import load_states
from events.loading.run import run_page
from events.models import Load, RequestBudget, ResourceProgress, Source
from events.processing.drain import drain_backlog
from events.sources.api_keys import set_api_key
from events.sources.registry import create_source
from tests.support.vendor_api.api import API_KEY
from tests.support.vendor_api.records import Change
from tests.support.vendor_api.resources import RESOURCES
from tests.support.vendor_api.server import VendorServer, run_vendor
from tests.support.vendor_api.webhook_sender import WebhookBodies

VENDOR = "heffl"
ACTOR = identify_command("a test")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@contextmanager
def serve_vendor(requests: int = 10_000, seconds: float = 60.0) -> Iterator[VendorServer]:
    """Run a vendor that loads are sent to, instead of the real one."""
    with run_vendor(requests, seconds) as vendor, at_address(vendor.url):
        yield vendor


def at_address(url: str, percent: int = 100) -> override_settings:
    """Send loads to another address."""
    return override_settings(VENDOR_API_ADDRESSES={VENDOR: url}, API_LIMIT_PERCENT=percent)


def create_loaded_source(slug: str = "crm", key: str = API_KEY) -> Source:
    """Create a source with a key."""
    source, _ = create_source(slug, VENDOR, secret=SECRET)
    set_api_key(source, key, ACTOR)
    return source


def start_load(source: Source, *resources: str, trusts_ids: bool = True) -> Load:
    """Start a load of these lists, whose ids are trusted unless a test is about that."""
    return load_states.start(source, ACTOR, resources, trusts_ids=trusts_ids)


def run_pages(load: Load, count: int | None = None) -> Load:
    """Run pages until the load waits, has stopped or is done, or so many; return it as it is then."""
    runs = 0
    while (count is None or runs < count) and run_page(load.pk):
        runs += 1
    return Load.objects.get(pk=load.pk)


def run_to_end(load: Load) -> Load:
    """Run and apply all pages, without waiting where the load would wait."""
    while (load := run_pages(load)).state == Load.State.PAUSED:
        end_wait(load)
    drain_backlog()
    return load


def load_elsewhere() -> None:
    """Run and apply what is due as a worker would: with a connection of its own, whose changes others see."""

    def work() -> None:
        for load_id in list(load_states.due_loads().values_list("pk", flat=True)):
            while run_page(load_id):
                pass
        drain_backlog()
        connection.close()

    worker = Thread(target=work)
    worker.start()
    worker.join()


def end_wait(load: Load) -> None:
    """Let the time pass until which a load waits, and its key with it."""
    RequestBudget.objects.all().delete()
    passed = datetime.now(UTC) - timedelta(days=1)
    Load.objects.filter(pk=load.pk, resume_at__isnull=False).update(resume_at=passed)


def progress_of(load: Load, resource: str) -> ResourceProgress:
    """Return how far the load has come in a list."""
    return load.progress.get(resource=resource)


def deliver_webhook(
    source: Source, vendor: VendorServer, kind: str, bodies: WebhookBodies | None = None, index: int = 0
) -> None:
    """Store and apply a webhook about one of the vendor's records, as the vendor would write it."""
    record = vendor.records.list_records(kind)[index]
    change = Change(RESOURCES[kind], record, "updated", record["updatedAt"])
    store_event(source, (bodies or WebhookBodies()).make(change), {}, datetime.now(UTC))
    drain_backlog()
