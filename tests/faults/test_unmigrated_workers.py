"""Workers of one version on a database of another: new ones wait for their migrations, old ones go on."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.code_copies import Code, migrated_database
from tests.support.running_mirror import wait_until

pytestmark = pytest.mark.prove

# Longer than two sweeps.
SECONDS_BEFORE_MIGRATION = 6
SECONDS_TO_APPLY = 20
# A database of the tests' broker that nothing else uses.
BROKER_NUMBER = 5
LEAD = {"id": "ld_1", "name": "Ann", "utmCampaign": "spring"}
EVENT = {"event": "lead.created", "timestamp": "2025-01-15T10:30:00Z", "payload": LEAD}
READ_EVENTS = "SELECT status, attempts FROM events_event ORDER BY id"
READ_LEADS = "SELECT external_id, utm_campaign, extra FROM entities_lead ORDER BY external_id"


@pytest.fixture
def broker_url() -> str:
    url = os.environ["BROKER_URL"]
    return f"{url}?virtual_host={BROKER_NUMBER}" if url.startswith("redis+socket") else url


@pytest.fixture
def old() -> Iterator[Code]:
    """Return the code of this checkout, on a database of its own with a source."""
    with migrated_database("unmigrated_workers") as code:
        code.run_successfully("create_source", "acme", "--vendor", "heffl")
        yield code


@pytest.fixture
def new(old: Code, tmp_path: Path) -> Code:
    """Return the next version, on the same database: leads and events have one more column each."""
    code = old.copy(tmp_path)
    code.replace(
        "entities/models/records.py",
        "class Lead(Record):\n",
        "class Lead(Record):\n    utm_campaign = text_field()\n",
    )
    code.replace(
        "entities/vendors/heffl.py", '"name title email mobile', '"utm_campaign name title email mobile'
    )
    code.replace(
        "events/models.py",
        "    attempts = models",
        '    note = models.TextField(default="", db_default="")\n    attempts = models',
    )
    code.run_successfully("makemigrations", "--name", "next_version")
    return code


def store(code: Code, directory: Path, *events: dict[str, Any]) -> None:
    """Store events as this version of the code does, without a wake-up."""
    archive = directory / "archive.jsonl"
    archive.write_text("".join(json.dumps(event) + "\n" for event in events))
    code.run_successfully("import_events", "acme", str(archive))


def query(code: Code, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(code.environment["DATABASE_URL"]) as database:
        return database.execute(statement).fetchall()


def test_a_worker_of_new_code_waits_for_its_migration_and_takes_up_without_a_restart(
    old: Code, new: Code, tmp_path: Path, broker_url: str
) -> None:
    store(old, tmp_path, EVENT)
    log = tmp_path / "worker.log"
    with new.run_worker(log, broker_url) as worker:
        wait_until(lambda: "migrations_missing" in log.read_text(), SECONDS_TO_APPLY)
        time.sleep(SECONDS_BEFORE_MIGRATION)
        assert query(new, READ_EVENTS) == [("pending", 0)]
        assert log.read_text().count("migrations_missing") == 1, log.read_text()
        new.run_successfully("migrate")
        wait_until(lambda: query(new, READ_EVENTS) != [("pending", 0)], SECONDS_TO_APPLY)
        assert query(new, READ_EVENTS) == [("applied", 1)]
        assert worker.poll() is None
    assert query(new, READ_LEADS) == [("ld_1", "spring", {})]
    assert log.read_text().count("migrations_applied") == 1
    assert "Traceback" not in log.read_text()


def test_a_worker_of_old_code_beside_a_new_schema_leaves_a_mirror_that_a_rebuild_makes_clean(
    old: Code, new: Code, tmp_path: Path, broker_url: str
) -> None:
    log = tmp_path / "worker.log"
    store(old, tmp_path, EVENT)
    with old.run_worker(log, broker_url) as worker:
        wait_until(lambda: query(old, READ_EVENTS) == [("applied", 1)], SECONDS_TO_APPLY)
        new.run_successfully("migrate")
        others = [EVENT | {"payload": LEAD | {"id": f"ld_{number}"}} for number in range(2, 6)]
        store(old, tmp_path, *others)
        wait_until(lambda: query(old, READ_EVENTS) == [("applied", 1)] * 5, SECONDS_TO_APPLY)
        assert query(old, READ_EVENTS) == [("applied", 1)] * 5, log.read_text()
        assert worker.poll() is None
    assert "Traceback" not in log.read_text()
    assert query(new, READ_LEADS)[-1] == ("ld_5", None, {"utmCampaign": "spring"})
    differing = new.run("verify_mirror")
    assert (differing.returncode, "10 events" in differing.stdout) == (1, False), differing.stdout
    new.run_successfully("rebuild_mirror")
    assert "5 events, 0 rows differ" in new.run_successfully("verify_mirror")
    assert query(new, READ_LEADS) == [(f"ld_{number}", "spring", {}) for number in range(1, 6)]
