"""Acts on sources and their secrets.

Each takes the browser, acts, and returns the row that the entry is about, or None.
"""

from django.core.management import call_command
from django.test import Client

from entities.audit import identify_command
from entities.models import (
    AuditEntry,
)
from events.models import Source, SourceSecret
from events.sources.trial_keys import add_trial_key
from tests.support.audited_acts.acting import admin_url, post
from tests.support.signing_vendor import GOHIGHLEVEL, create_signing_source, signing_vendor
from tests.support.staff_client import ensure_source, page_url


def add_source(client: Client) -> Source:
    post(client, admin_url("events_source_add"), slug="sales", vendor="heffl", scheme="", encoding="hex")
    return Source.objects.get(slug="sales")


def add_source_by_command(client: Client) -> Source:
    call_command("create_source", "sales", vendor="heffl")
    return Source.objects.get(slug="sales")


def change_source(client: Client) -> Source:
    source = ensure_source()
    page = client.get(page_url(source))
    form = page.context["adminform"].form
    fields = {name: "" if value is None else value for name, value in form.initial.items()}
    post(client, page_url(source), **fields | {"slug": "renamed", "active": "on"})
    source.refresh_from_db()
    return source


def rotate_secret(client: Client) -> Source:
    source = ensure_source()
    post(client, admin_url("events_source_rotate", source.pk), overlap="1")
    return source


def rotate_secret_by_command(client: Client) -> Source:
    source = ensure_source()
    call_command("rotate_secret", source.slug)
    return source


def end_secret(client: Client) -> Source:
    source = ensure_source()
    post(client, admin_url("events_source_end_secret", source.pk, SourceSecret.objects.get().pk))
    return source


def make_trial_key(client: Client) -> Source:
    with signing_vendor(GOHIGHLEVEL):
        source, _ = create_signing_source()
        post(client, admin_url("events_source_add_trial_key", source.pk))
    return source


def end_trial_key(client: Client) -> Source:
    with signing_vendor(GOHIGHLEVEL):
        source, _ = create_signing_source()
        key = add_trial_key(source, identify_command("test"))
        AuditEntry.objects.all().delete()
        post(client, admin_url("events_source_end_secret", source.pk, key.pk))
    return source


def reencrypt_secrets(client: Client) -> None:
    ensure_source()
    call_command("reencrypt_secrets")
