"""`backup` of an embedded stack that runs, and `restore` as another one: all goes on where it was."""

import json
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmmirror.embedded.servers.binaries import SYSTEM_DIRECTORY, find_wheel_directory
from tests.support.paths import PROJECT
from tests.support.running_mirror import Mirror, wait_until

pytestmark = pytest.mark.prove

OTHER_MAJORS = [
    directory for directory in sorted(SYSTEM_DIRECTORY.glob("*/bin")) if (directory / "postgres").exists()
]


@pytest.fixture
def mirrors(tmp_path: Path) -> Iterator[tuple[Mirror, Mirror]]:
    """Yield two embedded stacks, neither of which runs; stop them afterwards."""
    places = [tmp_path / name / "state" for name in ("old", "new")]
    for place in places:
        place.parent.mkdir()
    both = Mirror(places[0]), Mirror(places[1])
    yield both
    for mirror in both:
        if hasattr(mirror, "process") and mirror.process.poll() is None:
            mirror.stop(signal.SIGTERM)


def run(mirror: Mirror, *arguments: str) -> str:
    result = mirror.run_command(*arguments, seconds=900)
    assert result.returncode == 0, result.stderr
    return result.stdout


def deliver(mirror: Mirror, path: str, secret: str, number: int) -> int:
    """Deliver an event as the vendor does; return the status of the answer."""
    event = {
        "event": "lead.created",
        "timestamp": "2025-01-15T10:30:00Z",
        "payload": {"id": f"ld_{number}", "name": "Ann"},
    }
    request = urllib.request.Request(
        f"http://127.0.0.1:{mirror.delivery_port}{path}",
        json.dumps(event).encode(),
        {"Content-Type": "application/json", "X-Token": secret},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return int(answer.status)


def follow_status(mirror: Mirror, token: str, cursor: str) -> int:
    """Return how the feed answers who goes on from a cursor."""
    try:
        mirror.get_json(f"/api/v1/changes/?after={cursor}", token)
    except urllib.error.HTTPError as error:
        return error.code
    return 200


def read_cursor(mirror: Mirror, token: str, leads: int) -> str:
    """Return the feed's cursor once so many leads are in it."""
    wait_until(lambda: len(mirror.get_json("/api/v1/changes/", token)["results"]) >= leads, 30)
    return str(mirror.get_json("/api/v1/changes/", token)["cursor"])


def test_a_restored_stack_goes_on_with_its_secrets_tokens_password_and_feed(
    mirrors: tuple[Mirror, Mirror], tmp_path: Path
) -> None:
    old, new = mirrors
    old.start("--no-demo")
    options = ("--vendor", "heffl", "--scheme", "token", "--header", "X-Token", "--json")
    source = json.loads(run(old, "create_source", "acme", *options))
    token = run(old, "create_token", "admin", "--name", "t").strip()
    assert deliver(old, source["path"], source["secret"], 1) == 202
    known = read_cursor(old, token, 1)
    run(old, "backup", str(tmp_path / "b"))
    assert deliver(old, source["path"], source["secret"], 2) == 202
    lost = read_cursor(old, token, 2)
    old.stop(signal.SIGTERM)

    restored = run(new, "restore", str(tmp_path / "b"))
    assert "the records and the log are equal to those that were backed up" in restored
    assert not new.processes()
    new.start("--no-demo")
    login = next(line for line in old.read_output().splitlines() if "password" in line).partition("user")[2]
    assert login in new.read_output()
    assert deliver(new, source["path"], source["secret"], 3) == 202
    assert follow_status(new, token, known) == 200
    assert follow_status(new, token, lost) == 410
    again = new.run_command("restore", str(tmp_path / "b"))
    assert again.returncode == 1
    assert "Another manage.py up runs on" in again.stderr


@pytest.mark.skipif(not OTHER_MAJORS or not find_wheel_directory(), reason="needs two PostgreSQL")
def test_the_way_over_a_major_version_is_the_documented_one(
    mirrors: tuple[Mirror, Mirror], tmp_path: Path
) -> None:
    """Debian's PostgreSQL stands for the old wheel."""
    before, after = mirrors
    before.settings = {"PG_BINDIR": str(OTHER_MAJORS[0])}
    before.start("--no-demo")
    run(before, "create_source", "acme", "--vendor", "heffl")
    run(before, "backup", str(tmp_path / "b"))
    before.stop(signal.SIGTERM)
    before.settings = {}
    refused = before.start_again()
    assert refused.returncode == 1
    assert "see docs/backup.md, Over a major version of the embedded database." in refused.stderr

    restored = run(after, "restore", str(tmp_path / "b"))
    assert "the records and the log are equal" in restored
    after.start("--no-demo")
    assert (after.state / "postgres" / "PG_VERSION").read_text() != (
        before.state / "postgres" / "PG_VERSION"
    ).read_text()


def test_a_restore_that_is_killed_leaves_nothing_running_and_is_run_once_more(
    mirrors: tuple[Mirror, Mirror], tmp_path: Path
) -> None:
    old, new = mirrors
    old.start("--no-demo")
    run(old, "create_source", "acme", "--vendor", "heffl")
    run(old, "deliver", "acme", "--realistic", "200")
    run(old, "backup", str(tmp_path / "b"))
    old.stop(signal.SIGTERM)
    for step in ("undamaged", "restoring", "are equal to those"):
        with subprocess.Popen(
            new.command("restore", str(tmp_path / "b")),
            env=new.environment,
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout
            assert any(step in line for line in process.stdout), step
            process.kill()
        wait_until(lambda: not new.processes(), 30)
        assert not new.processes()
    assert "Start the mirror" in run(new, "restore", str(tmp_path / "b"))
    assert "ENCRYPTION_KEYS=" in (new.state / "embedded.env").read_text()
