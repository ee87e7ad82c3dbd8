"""A first load while webhooks of the same records arrive, and everything is killed in turn."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from operator import itemgetter

import psycopg
import pytest
from django.core.management import call_command
from django.db import transaction

from entities.models import Deal
from entities.reading.fetched.fetched_envelope import FetchedRecord
from entities.shadow.digest import mirror_digest
from entities.stored_events import Origin
from events.ingest.store import store_event
from events.ingest.store_fetched import store_fetched
from events.models import Event, Load, Source
from events.processing.drain import drain_backlog
from tests.support import services
from tests.support.faults.kill_processes import BEAT, WEB, WORKER, SupervisedProcesses
from tests.support.loads import SECRET, at_address, create_loaded_source, run_to_end, start_load
from tests.support.paths import PROJECT
from tests.support.run_summary import EXTRA_LINES
from tests.support.running_mirror import Mirror, wait_until
from tests.support.vendor_api.api import API_KEY
from tests.support.vendor_api.faults import Fault
from tests.support.vendor_api.records import Change
from tests.support.vendor_api.server import VendorServer, run_vendor
from tests.support.vendor_api.webhook_sender import Subscription, WebhookBodies
from tests.support.web_server import database_url

LIST = "deals"
PAGE_ROWS = 100
# Far more than anything takes, on whatever machine: what is waited for is a condition.
PATIENCE_SECONDS = 1800


@contextmanager
def run_loading_mirror(vendor: VendorServer) -> Iterator[Mirror]:
    """Run a mirror with a source that hears the vendor's webhooks and has its key."""
    settings = {
        "VENDOR_API_ADDRESSES": f"heffl={vendor.url}",
        "API_LIMIT_PERCENT": "100",
        "CRM_KEY": API_KEY,
    }
    with services.state_directory() as directory:
        mirror = Mirror(directory / "mirror", settings=settings, has_delivery_port=False)
        try:
            mirror.start("--no-demo", "--workers", "1")
            made = run(mirror, "create_source", "crm", "--vendor", "heffl", "--secret", SECRET, "--json")
            vendor.webhooks.subscription = Subscription(mirror.url + json.loads(made)["path"], SECRET)
            run(mirror, "set_api_key", "crm", "--variable", "CRM_KEY")
            yield mirror
        finally:
            mirror.stop(signal.SIGINT)


def run(mirror: Mirror, *command: str) -> str:
    done = mirror.run_command(*command, seconds=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def query(mirror: Mirror, statement: str) -> tuple[object, ...]:
    with psycopg.connect(mirror.database_url) as database:
        row = database.execute(statement).fetchone()
    return row or ()


def await_row(mirror: Mirror, statement: str, wanted: tuple[object, ...]) -> None:
    """Wait until a statement returns this row."""
    wait_until(lambda: query(mirror, statement) == wanted, PATIENCE_SECONDS)
    assert query(mirror, statement) == wanted, mirror.read_output()


def await_load(mirror: Mirror, state: str) -> None:
    await_row(mirror, "SELECT state FROM events_load ORDER BY id DESC LIMIT 1", (state,))


@contextmanager
def changing_records(vendor: VendorServer) -> Iterator[None]:
    """Change records, with webhooks, until the block ends."""
    ended = threading.Event()
    chance = random.Random(1)
    ids = [record["id"] for record in vendor.records.list_records(LIST)]

    def change() -> None:
        number = 0
        while not ended.wait(0.1):
            number += 1
            vendor.records.change(LIST, chance.choice(ids), title=f"Changed {number}", price=number)

    thread = threading.Thread(target=change, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def kill_worker_in_a_page(vendor: VendorServer, programs: SupervisedProcesses) -> None:
    """Kill the worker while it waits for the rest of an answer."""
    wait_until(lambda: vendor.log.requests, PATIENCE_SECONDS)
    programs.kill(WORKER)
    vendor.api.faults.slow_answers_go_on.set()


def kill_vendor(vendor: VendorServer, mirror: Mirror) -> None:
    """Kill the vendor; it comes back when the load has noticed."""
    vendor.kill()
    await_row(mirror, "SELECT failures > 0 FROM events_load", (True,))
    vendor.start()


def read_former_states(mirror: Mirror) -> list[FetchedRecord]:
    """Return the states in which the lists showed records that have changed since."""
    statement = "SELECT convert_from(body, 'UTF8')::json -> 'record' FROM events_event WHERE origin = 'api'"
    with psycopg.connect(mirror.database_url) as database:
        states = [state for (state,) in database.execute(statement)]
    newest = {state["id"]: state["updatedAt"] for state in sorted(states, key=itemgetter("updatedAt"))}
    former = [state for state in states if state["updatedAt"] < newest[state["id"]]]
    return [FetchedRecord(Origin.API, LIST, state) for state in former]


def digest_of_reference(vendor: VendorServer, former: list[FetchedRecord]) -> str:
    """Return the digest of a mirror that heard the webhooks and the final state, undisturbed.

    former: heard too, since they tell since when a deal has been what it is. No other mirror could know it.
    """
    source = create_loaded_source()
    for body in vendor.webhooks.bodies:
        store_event(source, body, {}, datetime.now(UTC))
    with transaction.atomic():
        store_fetched(source, former, datetime.now(UTC))
    with run_vendor(1_000_000) as quick:
        quick.api.records = vendor.records
        with at_address(quick.url):
            assert run_to_end(start_load(source, LIST)).state == Load.State.DONE
    drain_backlog()
    return mirror_digest()


def load_disturbed(vendor: VendorServer, mirror: Mirror, rows: int) -> None:
    """Load all rows, while records change and web, worker, beat and vendor are killed in turn."""
    programs = SupervisedProcesses(mirror.process.pid, mirror.output)
    with changing_records(vendor):
        # Before the load begins: the workers may be at its end when the command returns.
        vendor.api.faults.plan(Fault.SLOW)
        run(mirror, "backfill", "crm", "--resource", LIST, "--trust-ids", "--detach")
        kill_worker_in_a_page(vendor, programs)
        programs.kill(WEB)
        kill_vendor(vendor, mirror)
        programs.kill(BEAT)
        await_load(mirror, "done")
    counted = "SELECT new + changed + unchanged, failed FROM events_resourceprogress"
    assert query(mirror, counted) == (rows, 0)


def check_first_load(rows: int) -> None:
    with run_vendor() as vendor:
        vendor.records.fill(LIST, rows)
        with run_loading_mirror(vendor) as mirror:
            load_disturbed(vendor, mirror, rows)
            # The page under way when the worker was killed, and the one when the vendor was.
            repeated = vendor.log.repeated_pages()
            assert sum(count - 1 for count in repeated.values()) <= 2, repeated
            # The final state: what a webhook does not carry is as new as the record in both mirrors then.
            run(mirror, "backfill", "crm", "--resource", LIST, "--trust-ids", "--detach")
            await_load(mirror, "done")
            vendor.webhooks.drain()
            await_row(mirror, "SELECT count(*) FROM events_event WHERE status <> 'applied'", (0,))
            assert vendor.log.beyond_limit() == []
            assert vendor.webhooks.bodies
            digest = run(mirror, "verify_mirror", "--digest").strip()
            assert run(mirror, "verify_mirror")
            former = read_former_states(mirror)
        assert digest == digest_of_reference(vendor, former)
        EXTRA_LINES.append(
            f"first load: {rows:,} records and {len(vendor.webhooks.bodies):,} webhooks,"
            f" {len(vendor.log.requests)} requests, none beyond the limit; {len(former)} states that have"
            " changed since; equal by digest"
        )


class LoadingProcess:
    """A process that runs the newest load of the tests' database until it ends."""

    def __init__(self, vendor: VendorServer) -> None:
        settings = {"VENDOR_API_ADDRESSES": f"heffl={vendor.url}", "API_LIMIT_PERCENT": "100"}
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "backfill", "crm", "--resume"],
            env=os.environ | {"DATABASE_URL": database_url()} | settings,
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def read_to_end(self) -> str:
        return self.process.communicate()[0]


@contextmanager
def a_page_under_way(vendor: VendorServer) -> Iterator[LoadingProcess]:
    """Run a process until it waits for the rest of an answer, which it gets after the block."""
    seen = len(vendor.log.requests)
    vendor.api.faults.slow_answers_go_on.clear()
    vendor.api.faults.plan(Fault.SLOW)
    loading = LoadingProcess(vendor)
    wait_until(
        lambda: len(vendor.log.requests) > seen or loading.process.poll() is not None, PATIENCE_SECONDS
    )
    assert loading.process.poll() is None, loading.read_to_end()
    yield loading
    vendor.api.faults.slow_answers_go_on.set()


@pytest.mark.django_db(transaction=True)
def test_a_load_that_is_killed_meanwhile_loses_and_doubles_nothing() -> None:
    with run_vendor() as vendor:
        ids = vendor.records.fill(LIST, 450)
        source = create_loaded_source()
        vendor.records.on_change = lambda change: store_webhook(source, change)
        load = start_load(source, LIST)
        with a_page_under_way(vendor) as loading:
            # The answer that is under way has the record as it was.
            vendor.records.change(LIST, ids[0], title="Changed in the first page")
            loading.kill()
        with a_page_under_way(vendor) as loading:
            vendor.records.change(LIST, ids[449], title="Changed before it was listed")
            vendor.kill()
            wait_until(lambda: Load.objects.get().failures > 0, PATIENCE_SECONDS)
            assert Load.objects.get().state == Load.State.PAUSED
            loading.kill()
        vendor.start()
        output = LoadingProcess(vendor).read_to_end()
        assert output.startswith("done"), output
        assert vendor.log.beyond_limit() == []
        # The two pages under way.
        assert sum(count - 1 for count in vendor.log.repeated_pages().values()) <= 2
        progress = load.progress.get()
        assert (progress.new + progress.changed + progress.unchanged, progress.failed, progress.page) == (
            450,
            0,
            5,
        )
        drain_backlog()
        wanted = {record["id"]: record["title"] for record in vendor.records.list_records(LIST)}
        assert dict(Deal.objects.values_list("external_id", "title")) == wanted
        assert Event.objects.count() == 450 + 2
        call_command("verify_mirror")


def store_webhook(source: Source, change: Change) -> None:
    store_event(source, WebhookBodies().make(change), {}, datetime.now(UTC))


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
def test_twenty_thousand_records_are_loaded_whatever_is_killed() -> None:
    check_first_load(20_000)
