"""`backup`: of one moment, while deliveries go on; whole or not there; the keys where one wants them."""

import fcntl
import json
import os
import signal
import time
from pathlib import Path

import pytest
from django.conf import settings

from crmmirror.backup.database_programs import find_program
from crmmirror.backup.errors import BackupError
from events.models import Event, SourceSecret
from events.processing.drain import drain_backlog
from tests.support.log_archives import make_malformed_event, store_odd_events
from tests.support.restored_mirrors import (
    blocked_command,
    empty_database,
    read_digests_of,
    run_command,
    start_command,
)
from tests.support.running_mirror import command_line
from tests.support.vendor_requests import new_source

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def log() -> None:
    store_odd_events(new_source()[0])
    drain_backlog()


def test_a_backup_has_a_dump_the_keys_and_a_manifest_that_only_its_owner_can_read(tmp_path: Path) -> None:
    made = run_command("backup", str(tmp_path / "b"))
    assert made.status == 0, made.errors
    assert "b has the mirror as it was at 20" in made.output
    assert "keys.env has the keys to the secrets in it: move it to another place" in made.errors
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "b").iterdir()}
    assert modes == {"mirror.dump": 0o600, "keys.env": 0o600, "manifest.json": 0o600}
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o700
    keys = (tmp_path / "b" / "keys.env").read_text()
    assert f"ENCRYPTION_KEYS={settings.ENCRYPTION_KEYS[0]}\n" in keys
    assert f"SECRET_KEY={settings.SECRET_KEY}\n" in keys
    assert list(tmp_path.iterdir()) == [tmp_path / "b"]


def test_the_keys_can_go_to_another_place_and_stay_there_for_the_next_backup(tmp_path: Path) -> None:
    for name in ("monday", "tuesday"):
        made = run_command("backup", str(tmp_path / name), "--keys", str(tmp_path / "keys"))
        assert (made.status, made.errors) == (0, "")
        assert not (tmp_path / name / "keys.env").exists()
    assert settings.ENCRYPTION_KEYS[0] in (tmp_path / "keys").read_text()
    (tmp_path / "keys").write_text("ENCRYPTION_KEYS=other\n")
    made = run_command("backup", str(tmp_path / "wednesday"), "--keys", str(tmp_path / "keys"))
    assert "keys has other keys: choose another name, or move it away" in made.errors
    assert not (tmp_path / "wednesday").exists()


def test_the_keys_can_be_left_out(tmp_path: Path) -> None:
    made = run_command("backup", str(tmp_path / "b"), "--no-keys")
    assert "It is without keys: keep ENCRYPTION_KEYS and SECRET_KEY in another place." in made.errors
    assert not (tmp_path / "b" / "keys.env").exists()


def test_secrets_that_no_key_decrypts_are_told(tmp_path: Path) -> None:
    SourceSecret.objects.update(ciphertext=b"x")
    made = run_command("backup", str(tmp_path / "b"))
    assert made.status == 0
    assert "None of ENCRYPTION_KEYS decrypts acme (secret" in made.errors


def test_a_backup_does_not_overwrite_anything(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "precious").touch()
    made = run_command("backup", str(tmp_path / "b"))
    assert made.status == 1
    assert made.errors.endswith("b is there already: choose another name")
    assert os.listdir(tmp_path / "b") == ["precious"]


def test_two_backups_do_not_write_to_one_directory(tmp_path: Path) -> None:
    (tmp_path / "b.part").mkdir()
    descriptor = os.open(tmp_path / "b.part", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    made = run_command("backup", str(tmp_path / "b"))
    os.close(descriptor)
    assert "another backup is writing to" in made.errors


@pytest.mark.prove
@pytest.mark.parametrize(
    ("lock", "files", "restored"),
    [
        # pg_dump waits for a table; the backup for its audit entry, just before it gets its name.
        (
            "LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE",
            ["keys.env", "mirror.dump"],
            "no backup, or was cut",
        ),
        (
            "LOCK TABLE entities_auditentry IN EXCLUSIVE MODE",
            ["keys.env", "manifest.json", "mirror.dump"],
            "is undamaged",
        ),
    ],
    ids=["while it is dumped", "before it gets its name"],
)
def test_a_backup_that_is_killed_is_not_there_and_the_next_one_is_whole(
    tmp_path: Path, lock: str, files: list[str], restored: str
) -> None:
    with blocked_command("backup", str(tmp_path / "b"), lock=lock) as process:
        assert sorted(os.listdir(tmp_path / "b.part")) == files
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert not (tmp_path / "b").exists()
    tried = run_command("restore", str(tmp_path / "b.part"))
    assert restored in tried.output + tried.errors
    assert run_command("backup", str(tmp_path / "b")).status == 0
    assert not (tmp_path / "b.part").exists()
    assert not any(str(tmp_path) in command_line(path) for path in Path("/proc").glob("[0-9]*"))


def test_a_database_that_does_not_answer_is_told(tmp_path: Path) -> None:
    process = start_command("backup", str(tmp_path / "b"), url="postgresql://u@/none?host=/nonexistent")
    _, errors = process.communicate()
    assert process.returncode == 1
    assert "CommandError: no backup was made, the database does not answer: " in errors
    assert "Traceback" not in errors
    assert not (tmp_path / "b").exists()


def test_programs_that_are_older_than_the_server_are_told_with_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(
        BackupError, match=r"pg_dump of PostgreSQL 99 or newer .*: install Debian's postgresql-client-99 "
    ):
        find_program("pg_dump", 99)


def test_what_is_delivered_meanwhile_is_in_the_backup_or_in_what_comes_after_it(tmp_path: Path) -> None:
    """Digests and dump are of one moment, though events are stored and applied all the time."""
    source = Event.objects.earliest("id").source
    process = start_command("backup", str(tmp_path / "b"))
    number = 0
    while process.poll() is None:
        make_malformed_event(source, number).save()
        number += 1
        time.sleep(0.001)
    assert process.communicate()[1].splitlines()[-1].startswith(str(tmp_path))
    later = tmp_path / "later"
    assert run_command("export_events", str(later), "--after", str(tmp_path / "b")).status == 0
    with empty_database() as name:
        restored = run_command("restore", str(tmp_path / "b"), database=name)
        assert restored.status == 0, restored.errors
        assert "equal to those that were backed up" in restored.output
        assert run_command("import_events", "--log", str(later), database=name).status == 0
        assert read_digests_of(name) == read_digests_of()
    manifest = json.loads((tmp_path / "b" / "manifest.json").read_text())
    assert 0 < manifest["mark"]["through_id"] <= Event.objects.latest("id").pk
