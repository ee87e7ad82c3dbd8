"""Watches the replica: whether it may be read, and how far it is behind the primary.

The lag is measured by positions in the write-ahead log, and not by the clock of the last transaction: an idle
primary would make that old, and a replica that has lost its connection would look as if it had everything.
"""

import threading
import time
from collections import deque
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from crmmirror.lib.circuit_breaker import CircuitBreaker
from crmmirror.lib.database.cursors import fetch_rows
from crmmirror.lib.database.replica_reads import reading_from_replica
from crmmirror.lib.database.statement_timeout import statement_timeout

# How long a look counts, and how long the replica may take to answer it.
CHECK_SECONDS = 1.0
ANSWER_SECONDS = 1.0
# Positions of the primary that are remembered, one a look.
MAX_SAMPLES = 600
# A position is counted in bytes from the beginning of the log. That of what is inserted, because with
# synchronous_commit off a commit is visible before it is written. A standby has no such position.
PRIMARY = """
    SELECT (SELECT system_identifier FROM pg_control_system()),
        CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_insert_lsn() - '0/0'::pg_lsn END
"""
REPLICA = """
    SELECT (SELECT system_identifier FROM pg_control_system()), pg_is_in_recovery(),
        coalesce(pg_last_wal_replay_lsn() - '0/0'::pg_lsn, 0),
        extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float
"""

replica_circuit = CircuitBreaker("replica")


@dataclass(frozen=True)
class ReplicaState:
    """The result of a health check of the replica.

    detail: in words, for /readyz. behind_seconds: None if it could not be told. fresh_as_of: the time, in
    seconds since 1970, before which everything that was committed is there.
    """

    is_usable: bool
    detail: str
    behind_seconds: float | None = None
    fresh_as_of: float = 0.0


class ReplicaMonitor:
    """The state of the replica as this process sees it; one thread looks, the others go by its last look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._checked_at = float("-inf")
        self._state = ReplicaState(False, "was not asked yet")
        self._samples: deque[tuple[float, int]] = deque(maxlen=MAX_SAMPLES)

    def read_state(self) -> ReplicaState:
        """Return the state, from a new look if the last one is too old: two short queries."""
        if time.monotonic() - self._checked_at >= CHECK_SECONDS and self._lock.acquire(blocking=False):
            try:
                if replica_circuit.allows_call():
                    self._state = self._check()
                    self._checked_at = time.monotonic()
            finally:
                self._lock.release()
        return self._state

    def record_failure(self, error: Exception) -> None:
        """Let nobody read from the replica until a look has found it well again."""
        replica_circuit.record_failure(error)
        self._state = ReplicaState(False, "did not answer")
        self._checked_at = float("-inf")

    def _check(self) -> ReplicaState:
        now = time.time()
        system, position = fetch_rows(PRIMARY)[0]
        if position is None:
            return ReplicaState(False, "is not read, because DATABASE_URL leads to a standby")
        self._samples.append((now, int(position)))
        try:
            with reading_from_replica(now), statement_timeout(ANSWER_SECONDS):
                own_system, is_standby, replayed, age = fetch_rows(REPLICA)[0]
        except (DatabaseError, InterfaceError) as error:
            replica_circuit.record_failure(error)
            return ReplicaState(False, "does not answer")
        replica_circuit.record_success()
        if own_system != system or not is_standby:
            return ReplicaState(False, "is no standby of the primary: see that REPLICA_URL leads to one")
        return self._judge(now, int(position), int(replayed), age)

    def _judge(self, now: float, position: int, replayed: int, age: float | None) -> ReplicaState:
        """Return the state of a standby that answers.

        replayed: its position. age: the seconds since the last transaction that it has applied was committed.
        """
        seen = (at for at, sample in reversed(self._samples) if sample <= replayed)
        fresh_as_of = max(next(seen, 0.0), now - age if age is not None else 0.0)
        behind = 0.0 if position <= replayed else max(0.0, now - fresh_as_of)
        limit = settings.REPLICA_MAX_SECONDS
        if behind > limit:
            detail = f"is {behind:.0f} s behind, the limit is {limit} s: reads go to the primary"
            return ReplicaState(False, detail, behind, fresh_as_of)
        return ReplicaState(True, f"is {behind:.1f} s behind", behind, min(fresh_as_of, now))


replica_monitor = ReplicaMonitor()
