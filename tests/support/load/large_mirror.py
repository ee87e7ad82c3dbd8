"""Fills a mirror that runs with many records."""

from random import Random

import psycopg

from entities.generator.event_generator import generate_event
from entities.generator.payload_maker import Circumstances
from entities.models.introspection import record_models
from entities.vendors import all_vendors
from tests.support.running_mirror import Mirror, wait_until

EVENTS_OF_A_VENDOR = 15_000
# As many ids as events, so that most events are about a record of their own.
CIRCUMSTANCES = Circumstances(ids=EVENTS_OF_A_VENDOR, moments=EVENTS_OF_A_VENDOR)
SECONDS_TO_APPLY = 300.0
COUNT_PENDING = "SELECT count(*) FROM events_event WHERE status = 'pending'"
COUNT_RECORDS = " UNION ALL ".join(
    f"SELECT count(*) FROM {model._meta.db_table} WHERE NOT is_placeholder"  # noqa: S608
    for model in record_models()
)


def fill_mirror(mirror: Mirror) -> int:
    """Import events of each vendor, wait until they are applied, and return how many records there are."""
    for name, vendor in all_vendors().items():
        random = Random(name)
        archive = mirror.state / f"{name}.jsonl"
        archive.write_bytes(
            b"\n".join(generate_event(random, vendor, CIRCUMSTANCES) for _ in range(EVENTS_OF_A_VENDOR))
        )
        for command in (("create_source", name, "--vendor", name), ("import_events", name, str(archive))):
            result = mirror.run_command(*command, seconds=SECONDS_TO_APPLY)
            assert result.returncode == 0, result.stderr
    with psycopg.connect(mirror.database_url, autocommit=True) as database:
        wait_until(lambda: database.execute(COUNT_PENDING).fetchone() == (0,), SECONDS_TO_APPLY)
        assert database.execute(COUNT_PENDING).fetchone() == (0,)
        database.execute("VACUUM ANALYZE")
        return sum(count for (count,) in database.execute(f"{COUNT_RECORDS}"))
