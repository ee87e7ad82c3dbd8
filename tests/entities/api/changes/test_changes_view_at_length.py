"""The change feed beside workers that are killed, a rebuild, long transactions, and a restored database."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from django.test import Client

from crmmirror.embedded.processes.identity import find_unprivileged_identities
from crmmirror.embedded.servers.binaries import find_postgres
from crmmirror.lib.database.cursors import execute
from entities.models import Deal, FeedLife
from entities.models.introspection import entities_by_name
from events.models import Event
from tests.convergence.test_concurrency import drain_with, store_shuffled
from tests.support.api_client import create_api_client, get_json
from tests.support.applied_events import LATER_TIME, apply_heffl_event
from tests.support.database_sessions import open_session, use_session
from tests.support.feed_copy import EVERYTHING, FeedCopy, compute_digest, read_lists, without_names
from tests.support.paths import PROJECT
from tests.support.rebuild_helpers import deliver_generated_events, run_verify_mirror
from tests.support.run_summary import EXTRA_LINES
from tests.support.web_server import database_url

pytestmark = pytest.mark.django_db(transaction=True)

MAX_DELAY = 2.0


class Follower(threading.Thread):
    """Follows the feed from zero until it is told to end; keeps what went wrong."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self.copy = FeedCopy(client)
        self.is_told_to_end = threading.Event()
        self.page_count = 0
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            while not self.is_told_to_end.is_set():
                self.copy.read_page()
                self.page_count += 1
        except Exception as error:
            self.error = error
        finally:
            connection.close()


def assert_is_mirror(copy: FeedCopy) -> None:
    """Fail unless the copy has the mirror's rows, cell by cell and by the digest of each kind."""
    assert without_names(copy.rows) == without_names(read_lists(copy.client))
    for entity in entities_by_name():
        answer = get_json(copy.client, "changes/digest/", EVERYTHING | {"entity": entity, "at": copy.cursor})
        rows = [row for (name, _), row in copy.rows.items() if name == entity]
        assert answer == {
            "entity": entity,
            "count": len(rows),
            "digest": compute_digest(rows),
            "changed": [],
        }


@pytest.mark.prove
def test_a_reader_from_zero_holds_the_mirror_after_workers_were_killed_and_a_rebuild_deleted_rows() -> None:
    deliver_generated_events(300, seed=7)
    # What these events alone have said, the rebuild deletes.
    forgotten = Event.objects.order_by("id")[:200].values_list("pk", flat=True)
    Event.objects.filter(pk__in=list(forgotten)).delete()
    follower = Follower(create_api_client())
    follower.start()
    try:
        store_shuffled(10_000, 1)
        rebuild = subprocess.Popen(
            [sys.executable, "manage.py", "rebuild_mirror"],
            cwd=PROJECT,
            env=os.environ | {"DATABASE_URL": database_url("application_name=rebuild")},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        drain_with(workers=4, kills=2)
        output, _ = rebuild.communicate(timeout=300)
        assert rebuild.returncode == 0
    finally:
        follower.is_told_to_end.set()
        follower.join()
    assert follower.error is None
    follower.copy.follow()
    assert_is_mirror(follower.copy)
    assert follower.copy.deletes
    assert run_verify_mirror("--limit", "1")[0] == 0
    EXTRA_LINES.append(
        f"changes: a reader from zero took {follower.page_count:,} pages beside 4 workers, 2 killed, and a"
        f" rebuild ({output.strip()}); {len(follower.copy.deletes):,} deletes; equal by digest"
    )


@contextmanager
def foreign_transaction() -> Iterator[None]:
    """Keep a transaction with an id open in another database of the cluster, and one in this one."""
    url = database_url()
    other = url.replace(f"/{connection.settings_dict['NAME']}", "/postgres", 1)
    with psycopg.connect(other) as foreign, psycopg.connect(url) as own:
        for session in (foreign, own):
            session.execute("CREATE TEMPORARY TABLE held AS SELECT pg_current_xact_id()")
        yield
        for session in (foreign, own):
            session.rollback()


@pytest.mark.parametrize("seconds", [2, pytest.param(60, marks=pytest.mark.prove)])
def test_an_open_transaction_of_somebody_else_delays_no_change(seconds: int) -> None:
    copy = FeedCopy(create_api_client())
    delays: list[float] = []
    with foreign_transaction():
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            apply_heffl_event("deal.created", {"id": f"d{len(delays)}"})
            committed_at = time.monotonic()
            key = ("deal", Deal.objects.get(external_id=f"d{len(delays)}").pk)
            while key not in copy.rows:
                copy.follow()
                assert time.monotonic() < committed_at + MAX_DELAY, "the change is held up"
            delays.append(time.monotonic() - committed_at)
    assert delays
    EXTRA_LINES.append(
        f"changes: {len(delays)} changes in {seconds} s of open transactions, each read after"
        f" {max(delays):.2f} s at most"
    )


@pytest.mark.prove
def test_after_dump_and_restore_a_reader_goes_on_or_is_told_to_start_again(tmp_path: Path) -> None:
    client = create_api_client()
    apply_heffl_event("deal.created", {"id": "d1", "title": "before"})
    covered = FeedCopy(client)
    covered.follow()
    programs = find_postgres(find_unprivileged_identities()).directory
    dump, name = tmp_path / "dump", f"restored_{uuid4().hex[:8]}"
    subprocess.run([programs / "pg_dump", "--format=custom", f"--file={dump}", database_url()], check=True)
    apply_heffl_event("deal.created", {"id": "d2", "title": "lost"})
    lost = FeedCopy(client)
    lost.follow()
    execute(f'CREATE DATABASE "{name}"')
    url = database_url().replace(f"/{connection.settings_dict['NAME']}", f"/{name}", 1)
    subprocess.run([programs / "pg_restore", "--no-owner", f"--dbname={url}", dump], check=True)
    session = open_session(name)
    try:
        with use_session(session):
            query = EVERYTHING | {"after": lost.cursor}
            get_json(client, "changes/", query, 410)
            covered.follow()
            assert [row["title"] for row in covered.rows.values()] == ["before"]
            for key in ("d3", "d4"):
                apply_heffl_event("deal.created", {"id": key, "title": "after"}, at=LATER_TIME)
            assert FeedLife.objects.count() == 2
            get_json(client, "changes/", query, 410)
            covered.follow()
            assert_is_mirror(covered)
            assert len(covered.rows) == 3
    finally:
        session.close()
        session.close_pool()  # type: ignore[attr-defined]
        execute(f'DROP DATABASE "{name}"')
