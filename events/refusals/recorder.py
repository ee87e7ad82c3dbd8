"""Records refused deliveries for staff: counts all by source, reason and hour, and keeps samples of them.

A request only adds its refusal to a buffer in memory. A debounced thread writes the buffer at most once a
second: one upsert for the counts, and samples that are limited per source and reason, by the minute and in
the table. So a stranger who floods the endpoint costs the database one small transaction a second, and a
bounded number of rows. While the database is away the counts stay in the buffer. A process that is killed
loses its last second.
"""

from collections.abc import Mapping
from typing import Any

import structlog
from django.db import connection

from crmmirror.lib.debouncer import Debouncer
from events.refusals.reasons import Refused
from events.refusals.refusal_buffer import RefusalBuffer
from events.refusals.refusal_tables import write_refusals

log = structlog.get_logger(__name__)

WRITE_INTERVAL_SECONDS = 1.0


def record_refusal(refused: Refused, environ: Mapping[str, Any]) -> None:
    """Record a refusal. Returns at once and never raises. environ: the request's, by WSGI.

    Only sampled refusals are logged: one line for each would let strangers fill the disk.
    """
    if buffer.add(refused, environ):
        log.info("delivery_refused", source=refused.source, reason=str(refused.reason))
    writer.trigger()


def write_buffer() -> None:
    """Write the buffer in the calling thread. If it fails, the content is kept and written again soon.

    Raises django.db.Error.
    """
    counts, samples = buffer.take_all()
    try:
        write_refusals(counts, samples)
    except BaseException:
        buffer.put_back(counts, samples)
        writer.trigger()
        raise


def _write_and_close_connection() -> None:
    """Write the buffer, and give the connection of the writer's thread back to the pool."""
    try:
        write_buffer()
    finally:
        connection.close()


buffer = RefusalBuffer()
writer = Debouncer(_write_and_close_connection, WRITE_INTERVAL_SECONDS, "refusals")
