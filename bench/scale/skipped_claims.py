"""Measures by how much a claim takes longer for each event that another worker has claimed."""

from contextlib import closing
from statistics import median

from bench import backlog
from bench.scale.processor_time import read_seconds

CLAIMED_EVENTS = 15_000
REPEATS = 9


def measure_skip_seconds() -> float:
    """Return the processor seconds of the database for each event that a claim passes over."""
    import psycopg
    from django.db import connection

    from events.processing.claim import CLAIM, MAX_BATCH_EVENTS

    backlog.empty_tables()
    backlog.store_company_events(CLAIMED_EVENTS + 2 * MAX_BATCH_EVENTS)
    backlog.vacuum_analyze()
    without = _measure_claim()
    address = connection.get_connection_params()
    names = ("host", "port", "user", "dbname", "password")
    with closing(psycopg.connect(**{name: address[name] for name in names if address.get(name)})) as other:
        other.execute(CLAIM, [CLAIMED_EVENTS])
        behind = _measure_claim()
        other.rollback()
    return max(0.0, behind - without) / CLAIMED_EVENTS


def _measure_claim() -> float:
    """Return the median processor seconds of a claim, which is given back."""
    from django.db import transaction

    from crmmirror.lib.database.cursors import fetch_value
    from events.processing.claim import claim_batch

    session = fetch_value("SELECT pg_backend_pid()")
    seconds = []
    for _ in range(REPEATS):
        with transaction.atomic():
            before = read_seconds(session)
            claim_batch()
            seconds.append(read_seconds(session) - before)
            transaction.set_rollback(True)
    return median(seconds)
