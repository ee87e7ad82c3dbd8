"""An erasure that is killed leaves all as it was, and workers that go on meanwhile bring nobody back."""

import os
import signal
import subprocess
import sys

import pytest
from django.db import transaction

from crmmirror.lib.database.cursors import execute, fetch_value
from entities.erasure.marked_addresses import find_possible_addresses
from entities.models import Client, Erasure, SavedView
from entities.shadow.digest import mirror_digest
from entities.vendors import all_vendors
from entities.writing.mirror_lock import prevent_pruning
from events.models import Event
from events.privacy.extension import extend_erasures, settle_arrived_events
from events.processing.drain import drain_backlog
from tests.support.canaries import EMAIL, ID, client_payload, find_canaries, find_texts, store_canaries
from tests.support.database_sessions import open_session, use_session
from tests.support.erased_persons import erase, erase_record, list_persons
from tests.support.paths import PROJECT, SAMPLES
from tests.support.rebuild_helpers import run_rebuild_mirror, run_verify_mirror
from tests.support.samples import list_vendor_samples
from tests.support.staff_client import store_and_apply, store_delivery
from tests.support.web_server import database_url
from tests.support.worker_processes import Worker

pytestmark = pytest.mark.django_db(transaction=True)

LOCK_VIEWS = f'LOCK TABLE "{SavedView._meta.db_table}" IN ACCESS EXCLUSIVE MODE'
COUNT = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
WAITS = f"{COUNT} AND wait_event_type = 'Lock'"


@pytest.mark.prove
def test_an_erasure_that_is_killed_in_the_middle_leaves_all_as_it_was_and_can_be_repeated() -> None:
    store_canaries()
    before = mirror_digest(), list(Event.objects.order_by("pk").values())
    session = open_session()
    session.set_autocommit(False)
    with use_session(session):
        # The erasure has changed the log and the records when it comes to the saved views.
        execute(LOCK_VIEWS)
    process = subprocess.Popen(
        [sys.executable, "manage.py", "subject", "erase", "--email", EMAIL],
        env=os.environ | {"DATABASE_URL": database_url("application_name=erasing")},
        cwd=PROJECT,
    )
    while not fetch_value(WAITS, "erasing"):
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    session.rollback()
    session.close()
    while fetch_value(COUNT, "erasing"):
        pass
    assert (mirror_digest(), list(Event.objects.order_by("pk").values())) == before
    assert not Erasure.objects.exists()
    erase(emails=(EMAIL,))
    assert find_canaries() == {}


@pytest.mark.prove
def test_workers_that_apply_her_events_meanwhile_bring_nobody_back() -> None:
    store_canaries()
    bodies = [(event.source.vendor, bytes(event.body)) for event in Event.objects.select_related("source")]
    for number in range(20):
        for vendor, body in bodies:
            store_delivery(body.rstrip() + b" " * (number + 1), vendor)
    workers = [Worker(f"applying-{number}") for number in range(2)]
    erase(emails=(EMAIL,))
    assert [worker.wait() for worker in workers] == [0, 0]
    settle_arrived_events()
    assert not Event.objects.filter(status="pending").exists()
    assert find_canaries() == {}
    assert run_verify_mirror()[0] == 0


def test_an_extension_waits_for_a_rebuild_and_is_made_afterwards() -> None:
    store_and_apply("client.created", client_payload())
    erase(ids=(ID,))
    store_delivery({"event": "deal.created", "payload": {"id": "d1", "title": "Canary", "clientId": ID}})
    drain_backlog()
    session = open_session()
    with use_session(session), transaction.atomic():
        prevent_pruning()
        with use_session(other := open_session()):
            assert extend_erasures() == 0
        other.close()
    session.close()
    assert extend_erasures() == 1
    assert find_canaries() == {}


@pytest.mark.parametrize("vendor", sorted(all_vendors()))
def test_every_person_of_a_vendors_samples_can_be_erased(vendor: str) -> None:
    for sample in list_vendor_samples(vendor, SAMPLES):
        store_delivery(sample.read_bytes(), vendor)
    drain_backlog()
    values = {
        value
        for person in list_persons()
        for column, kind in person.searched_columns.items()
        if kind.has_former_values and (value := getattr(person, column)) and find_possible_addresses(value)
    }
    while persons := list_persons():
        erase_record(persons[0])
    assert run_verify_mirror()[0] == 0
    digest = mirror_digest()
    run_rebuild_mirror()
    assert mirror_digest() == digest
    assert not Client.objects.exists()
    assert not values or find_texts(*values) == {}
