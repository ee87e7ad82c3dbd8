"""Measures how many events of an archive are imported per second, compared with COPY of their bodies."""

import os
import time
from pathlib import Path

from django.core.management import call_command

from bench import backlog
from bench.report import Result

EVENTS = 50_000
IMPORT, COPY = "import_events", "COPY of the bodies"


def measure(state: Path, rounds: int) -> Result:
    """Measure the import of one archive, and COPY, in each round."""
    archive = state / "archive.jsonl"
    backlog.empty_tables()
    backlog.store_company_events(EVENTS)
    _measure_command("export_events", str(archive))
    figures: dict[str, list[float]] = {IMPORT: [], COPY: []}
    for _ in range(rounds):
        bodies = read_bodies()
        figures[IMPORT].append(EVENTS / measure_import(archive))
        figures[COPY].append(EVENTS / measure_copy(bodies))
    archive.unlink()
    return Result(
        "Import of an archive",
        f"`import_events --log` of an archive of {EVENTS:,} events of an invented company, which"
        " `export_events` wrote, into an empty log; no worker applies them meanwhile. Compared with COPY, by"
        " one statement and from the memory of a Python process, of the same bodies into a table that has"
        " this one column and no index. Both are on the disk at the end.",
        "per second",
        figures,
        target=0.3,
    )


def read_bodies() -> list[bytes]:
    from events.models import Event

    return [bytes(body) for body in Event.objects.order_by("id").values_list("body", flat=True)]


def measure_import(archive: Path) -> float:
    """Return the seconds that the import takes into an empty log. Raises RuntimeError if one is missing."""
    from crmmirror.lib.database.cursors import execute
    from events.models import Event

    execute("TRUNCATE events_event CASCADE")
    backlog.vacuum_analyze()
    seconds = _measure_command("import_events", "--log", str(archive))
    if (stored := Event.objects.count()) != EVENTS:
        raise RuntimeError(f"{stored} of {EVENTS} events were imported")
    return seconds


def _measure_command(*words: str) -> float:
    """Run a command without showing what it prints; return its seconds."""
    with Path(os.devnull).open("w") as nowhere:
        started_at = time.perf_counter()
        call_command(*words, stdout=nowhere, stderr=nowhere)
        return time.perf_counter() - started_at


def measure_copy(bodies: list[bytes]) -> float:
    """Return the seconds that COPY takes."""
    from django.db import connection

    from crmmirror.lib.database.cursors import execute

    execute("CREATE TABLE bench_bodies (body bytea)")
    try:
        started_at = time.perf_counter()
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY bench_bodies FROM STDIN (FORMAT binary)") as copy,
        ):
            copy.set_types(["bytea"])
            for body in bodies:
                copy.write_row((body,))
        return time.perf_counter() - started_at
    finally:
        execute("DROP TABLE bench_bodies")
