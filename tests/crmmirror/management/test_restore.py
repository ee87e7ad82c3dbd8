"""`restore`: on a new server, equal to what was backed up; refusals say what to do; nothing is half done."""

import io
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.test import override_settings

from crmmirror.backup.database_programs import find_program, read_server_major
from crmmirror.backup.manifest import compute_checksum
from crmmirror.lib.database.cursors import execute
from entities.generator.event_generator import generate_stream
from entities.vendors import all_vendors
from events.ingest.store import store_event
from events.models import Event
from events.processing.drain import drain_backlog
from events.signatures import sign
from tests.support.log_archives import RECEIVED_AT, make_malformed_event, store_odd_events
from tests.support.random_histories import ensure_source
from tests.support.restored_mirrors import (
    blocked_command,
    count_tables,
    empty_database,
    ordinary_owner,
    read_digests_of,
    run_command,
    start_command,
    url_of,
)
from tests.support.vendor_requests import BODY, delivery_path, new_source
from tests.support.web_server import run_web_server

pytestmark = pytest.mark.django_db(transaction=True)


def store_events(seed: int, count: int = 100) -> None:
    for vendor in all_vendors().values():
        for body in generate_stream(vendor, count, seed):
            store_event(ensure_source(vendor.name), body, {}, RECEIVED_AT)
    drain_backlog()


def back_up(directory: Path) -> Path:
    made = run_command("backup", str(directory))
    assert made.status == 0, made.errors
    return directory


def change_manifest(directory: Path, **changes: Any) -> None:
    path = directory / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_dump_newer_events_a_restore_and_a_replay_give_an_equal_mirror_and_an_equal_log(
    tmp_path: Path,
) -> None:
    store_odd_events(new_source()[0])
    store_events(seed=1)
    backup = back_up(tmp_path / "b")
    store_events(seed=2)
    archive = str(tmp_path / "newer.jsonl.gz")
    assert run_command("export_events", archive, "--after", str(backup)).status == 0
    with empty_database() as name:
        restored = run_command("restore", str(backup), database=name)
        assert restored.status == 0, restored.errors
        assert "the records and the log are equal to those that were backed up" in restored.output
        assert "Start the mirror" in restored.output
        assert read_digests_of(name) != read_digests_of()
        assert run_command("import_events", "--log", archive, database=name).status == 0
        assert run_command("apply_events", database=name).status == 0
        assert read_digests_of(name) == read_digests_of()
        verified = run_command("verify_mirror", database=name)
        assert verified.status == 0, verified.output


def test_a_restored_mirror_takes_a_delivery_that_the_old_secret_signs(tmp_path: Path) -> None:
    source, secret = new_source()
    backup = back_up(tmp_path / "b")
    with empty_database() as name:
        assert run_command("restore", str(backup), database=name).status == 0
        with run_web_server(tmp_path, {"DATABASE_URL": url_of(name)}) as server:
            assert deliver_to(server, source, secret)[0] == 202
            # The same event, a second time.
            assert deliver_to(server, source, secret)[0] == 200


def test_with_other_keys_all_is_restored_and_the_secrets_are_named_here_and_by_readyz(
    tmp_path: Path,
) -> None:
    source, secret = new_source()
    backup = back_up(tmp_path / "b")
    wrong = Fernet.generate_key().decode()
    with empty_database() as name:
        with override_settings(ENCRYPTION_KEYS=[wrong]):
            restored = run_command("restore", str(backup), database=name)
        assert restored.status == 3
        assert "ENCRYPTION_KEYS does not decrypt acme (secret " in restored.errors
        assert "set it to the keys of this backup (keys.env" in restored.errors
        assert read_digests_of(name) == read_digests_of()
        environment = {"DATABASE_URL": url_of(name)}
        with run_web_server(tmp_path, environment | {"ENCRYPTION_KEYS": wrong}) as server:
            status, answer = server.exchange(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert status == 503
            check = json.loads(answer)["checks"]["secrets"]
            assert check["detail"].startswith("none of ENCRYPTION_KEYS decrypts acme (secret ")
            assert deliver_to(server, source, secret)[0] == 503
        with run_web_server(tmp_path, environment) as server:
            assert deliver_to(server, source, secret)[0] == 202


def deliver_to(server: Any, source: Any, secret: str) -> tuple[int, bytes]:
    headers = {"Host": "localhost", "Content-Length": str(len(BODY)), **sign(source, secret, BODY)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return server.exchange(f"POST {delivery_path(source)} HTTP/1.1\r\n{lines}\r\n".encode() + BODY)


@pytest.mark.prove
def test_an_ordinary_role_that_owns_the_database_can_restore_and_back_up(tmp_path: Path) -> None:
    store_odd_events(new_source()[0])
    role = f"reader_{os.getpid()}"
    call_command("create_reader", role, stdout=io.StringIO())
    try:
        backup = back_up(tmp_path / "b")
        with empty_database() as name, ordinary_owner(name) as url:
            for arguments in (("restore", str(backup)), ("backup", str(tmp_path / "again"))):
                process = start_command(*arguments, url=url)
                _, errors = process.communicate()
                assert process.returncode == 0, errors
            assert read_digests_of(name) == read_digests_of()
    finally:
        call_command("drop_reader", role, stdout=io.StringIO())
        execute("DROP SCHEMA mirror CASCADE")


def test_a_database_that_is_not_empty_is_left_as_it_is(tmp_path: Path) -> None:
    store_odd_events(new_source()[0])
    backup = back_up(tmp_path / "b")
    Event.objects.all()[:1].get().delete()
    restored = run_command("restore", str(backup))
    assert restored.status == 1
    assert " is not empty: it has " in restored.errors
    assert "Restore into a new one: name it in DATABASE_URL" in restored.errors
    with empty_database() as name:
        with psycopg.connect(url_of(name)) as server:
            server.execute("CREATE TABLE somebodys (id int)")
        assert "it has somebodys." in run_command("restore", str(backup), database=name).errors
        assert count_tables(name) == 1


@pytest.mark.prove
def test_a_restore_that_is_killed_leaves_an_empty_database_or_a_whole_one(tmp_path: Path) -> None:
    source, _ = new_source()
    Event.objects.bulk_create(make_malformed_event(source, number) for number in range(3000))
    backup = back_up(tmp_path / "b")
    with empty_database() as name:
        # Somebody makes a table of the same name: pg_restore waits for him, in the middle of its transaction.
        lock = "CREATE TABLE events_event (id int)"
        with blocked_command("restore", str(backup), lock=lock, url=url_of(name)) as process:
            assert process.poll() is None, process.communicate()
            process.send_signal(signal.SIGKILL)
            process.communicate()
        assert count_tables(name) == 0
        process = start_command("restore", str(backup), url=url_of(name))
        while process.poll() is None and not count_tables(name):
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for _ in range(2):
            restored = run_command("restore", str(backup), database=name)
            assert restored.status == 0, restored.errors
            assert "the database has this backup already" in restored.output
        assert read_digests_of(name) == read_digests_of()


@pytest.mark.parametrize("damage", ["a byte", "a missing file", "a cut file"])
def test_a_damaged_backup_is_refused_before_anything_is_restored(tmp_path: Path, damage: str) -> None:
    backup = back_up(tmp_path / "b")
    dump = backup / "mirror.dump"
    content = dump.read_bytes()
    match damage:
        case "a byte":
            dump.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        case "a cut file":
            dump.write_bytes(content[:-100])
        case _:
            dump.unlink()
    with empty_database() as name:
        restored = run_command("restore", str(backup), database=name)
        assert restored.status == 1
        reason = "No such file" if damage == "a missing file" else "mirror.dump is damaged: its SHA-256"
        assert reason in restored.errors
        assert count_tables(name) == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"server_major": 99}, "the backup is of PostgreSQL 99, this server is "),
        ({"version": 2}, "was made by a newer version of the mirror: install that one"),
        ({"migrations": ["events.9999_later"]}, "of a newer version of the mirror, with events.9999_later"),
        ({"format": "else"}, "is no backup: "),
        ({"digests": 1}, "is no backup: "),
    ],
)
def test_a_backup_that_does_not_fit_is_refused(
    tmp_path: Path, shared_backup: Path, changes: dict[str, Any], reason: str
) -> None:
    backup = Path(shutil.copytree(shared_backup, tmp_path / "b"))
    change_manifest(backup, **changes)
    with empty_database() as name:
        restored = run_command("restore", str(backup), database=name)
        assert restored.status == 1
        assert reason in restored.errors
        assert count_tables(name) == 0


@pytest.fixture
def shared_backup(tmp_path: Path) -> Path:
    return back_up(tmp_path / "shared")


def test_digests_that_differ_are_told_by_their_part(tmp_path: Path) -> None:
    store_odd_events(new_source()[0])
    backup = back_up(tmp_path / "b")
    digests = json.loads((backup / "manifest.json").read_text())["digests"]
    digests["log"]["timeline"] = "0" * 64
    change_manifest(backup, digests=digests)
    with empty_database() as name:
        restored = run_command("restore", str(backup), database=name)
        assert restored.status == 1
        assert "what was restored differs from what was backed up: timeline." in restored.errors


@pytest.mark.prove
def test_an_older_backup_is_migrated(tmp_path: Path) -> None:
    store_odd_events(new_source()[0])
    backup = back_up(tmp_path / "b")
    with empty_database() as old, empty_database() as name:
        make_older(backup, old)
        restored = run_command("restore", str(backup), database=name)
        assert restored.status == 0, restored.errors
        assert (
            "not compared with the backup, which is of an older version: run verify_mirror" in restored.output
        )
        assert "migrated: the backup was older by " in restored.output
        assert read_digests_of(name) == read_digests_of()


def make_older(backup: Path, name: str) -> None:
    """Make a backup one that was made before the events' last migrations. name: of an empty database."""
    assert run_command("restore", str(backup), database=name).status == 0
    assert run_command("migrate", "events", "0009", database=name).status == 0
    program, _ = find_program("pg_dump", read_server_major())
    dump = backup / "mirror.dump"
    options = ("--format=custom", "--no-owner", "--no-privileges", "--no-comments", f"--file={dump}")
    subprocess.run([program, *options, f"--dbname={url_of(name)}"], check=True)
    with psycopg.connect(url_of(name)) as server:
        names = [
            f"{app}.{migration}"
            for app, migration in server.execute("SELECT app, name FROM django_migrations")
        ]
    change_manifest(backup, migrations=sorted(names), checksums={"mirror.dump": compute_checksum(dump)})


def test_keys_for_a_server_are_settings(tmp_path: Path) -> None:
    restored = run_command("restore", str(tmp_path), "--keys", "x")
    assert "--keys is for the embedded stack: set ENCRYPTION_KEYS and SECRET_KEY instead" in restored.errors
