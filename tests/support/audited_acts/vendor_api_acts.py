"""Acts on the way to a vendor's API: keys, loads, ordered webhooks and reconciliations.

Each takes the browser, acts, and returns the row that the entry is about, or None.
"""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.management import call_command
from django.test import Client

from entities.audit import identify_command
from entities.models import (
    AuditEntry,
)
from events.loading.webhook_orders import order_webhooks
from events.models import Finding, Source
from events.reconciling.reconcile_states import allow_deletions, start_reconciliation
from tests.support.load_pages import press
from tests.support.loads import create_loaded_source, serve_vendor
from tests.support.staff_client import ensure_source


def set_key(client: Client) -> Source:
    source = ensure_source()
    with TemporaryDirectory() as directory:
        (file := Path(directory) / "key").write_text("key")
        call_command("set_api_key", source.slug, file=file, stdout=StringIO())
    return source


def remove_key(client: Client) -> Source:
    source = set_key(client)
    AuditEntry.objects.all().delete()
    call_command("set_api_key", source.slug, remove=True, stdout=StringIO())
    return source


def start_load(client: Client) -> Source:
    source = set_key(client)
    AuditEntry.objects.all().delete()
    call_command("backfill", source.slug, resource=["leads"], detach=True, stdout=StringIO())
    return source


def order_some_webhooks(client: Client) -> Source:
    with serve_vendor():
        source = create_loaded_source()
        AuditEntry.objects.all().delete()
        order_webhooks(source, identify_command("backfill"))
    return source


def pause_load(client: Client) -> Source:
    source = start_load(client)
    AuditEntry.objects.all().delete()
    call_command("backfill", source.slug, pause=True, stdout=StringIO())
    return source


def resume_load(client: Client) -> Source:
    source = pause_load(client)
    AuditEntry.objects.all().delete()
    call_command("backfill", source.slug, resume=True, detach=True, stdout=StringIO())
    return source


def set_key_on_the_page(client: Client) -> Source:
    source = ensure_source()
    press(client, source, "key", key="key")
    return source


def remove_key_on_the_page(client: Client) -> Source:
    source = set_key(client)
    AuditEntry.objects.all().delete()
    press(client, source, "remove-key")
    return source


def start_load_on_the_page(client: Client) -> Source:
    source = set_key(client)
    AuditEntry.objects.all().delete()
    press(client, source, "start", resources=["leads"])
    return source


def pause_load_on_the_page(client: Client) -> Source:
    source = start_load(client)
    AuditEntry.objects.all().delete()
    press(client, source, "pause")
    return source


def resume_load_on_the_page(client: Client) -> Source:
    source = pause_load(client)
    AuditEntry.objects.all().delete()
    press(client, source, "resume")
    return source


def allow_missing_to_be_deleted(client: Client) -> Source:
    source = set_key(client)
    run = start_reconciliation(source, identify_command("a test"), ["leads"]).reconciliation
    Finding.objects.create(
        progress=run.load.progress.get(),
        external_id="ld_1",
        kind=Finding.Kind.GONE,
        state=Finding.State.ASKED,
        day=datetime(2026, 3, 1, tzinfo=UTC).date(),
    )
    AuditEntry.objects.all().delete()
    allow_deletions(run, identify_command("reconcile"), 1)
    return source
