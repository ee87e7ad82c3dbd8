"""Acts on the log: bodies, applying again, archives, imports and pruning.

Each takes the browser, acts, and returns the row that the entry is about, or None.
"""

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.management import call_command
from django.test import Client

from entities.models import (
    AuditEntry,
)
from events.models import Event, Source
from events.processing.drain import drain_backlog
from tests.support.audited_acts.acting import EVENT, admin_url, post
from tests.support.pruning import keep_bodies_for
from tests.support.staff_client import ensure_source, list_url, store_delivery


def download_body(client: Client) -> Event:
    event = store_delivery(EVENT)
    assert b"Secret plan" in client.get(admin_url("events_event_raw", event.pk)).content
    return event


def apply_one_again(client: Client) -> Event:
    event = store_delivery(EVENT)
    post(client, admin_url("events_event_apply_again", event.pk))
    return event


def apply_selected_again(client: Client) -> None:
    event = store_delivery(EVENT)
    post(client, list_url(Event), action="apply_selected_again", _selected_action=[event.pk])


def apply_all_again(client: Client) -> None:
    store_delivery(EVENT)
    post(client, admin_url("events_event_apply_all_again") + "?status=pending")


def export_the_log(client: Client) -> None:
    store_delivery(EVENT)
    with TemporaryDirectory() as directory:
        call_command("export_events", f"{directory}/log.jsonl", stderr=StringIO())


def import_bodies(client: Client) -> Source:
    source = ensure_source()
    with TemporaryDirectory() as directory:
        file = Path(directory) / "bodies.jsonl"
        file.write_text(json.dumps(EVENT))
        call_command("import_events", source.slug, str(file), stdout=StringIO(), stderr=StringIO())
    return source


def import_a_log(client: Client) -> None:
    store_delivery(EVENT)
    with TemporaryDirectory() as directory:
        archive = f"{directory}/log.jsonl"
        call_command("export_events", archive, stderr=StringIO())
        AuditEntry.objects.all().delete()
        call_command("import_events", "--log", archive, stdout=StringIO(), stderr=StringIO())


def prune_the_log(client: Client) -> None:
    event = store_delivery(EVENT)
    drain_backlog()
    Event.objects.filter(pk=event.pk).update(received_at=datetime(2025, 1, 15, tzinfo=UTC))
    keep_bodies_for(1)
    call_command("prune_events", stdout=StringIO(), stderr=StringIO())
    event.refresh_from_db()
    assert event.pruned_at
