"""Worker processes on the tests' database, which can be killed in the middle of a batch."""

import os
import signal
import subprocess
import sys
import time

from django.db import connection

from tests.support.paths import PROJECT
from tests.support.web_server import database_url

COUNT_OPEN_BATCHES = """
    SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE application_name = %s AND locktype = 'advisory' AND granted
        AND xact_start < clock_timestamp() - interval '5 ms'
"""


class Worker:
    """A process that drains the backlog, or does another command's work in batches, and then ends."""

    def __init__(self, name: str, command: str = "apply_events") -> None:
        self.name = name
        named = database_url(f"application_name={name}")
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", command],
            env=os.environ | {"DATABASE_URL": named},
            cwd=PROJECT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def is_in_a_batch(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(COUNT_OPEN_BATCHES, [self.name])
            return bool(cursor.fetchone()[0])

    def kill_in_a_batch(self, seconds: float = 30) -> bool:
        """Kill the process as soon as it is in a batch; return False if it ends without that."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.is_in_a_batch():
                self.process.send_signal(signal.SIGKILL)
                return self.process.wait(10) == -signal.SIGKILL
            time.sleep(0.002)
        return False

    def wait(self, seconds: float = 120) -> int:
        """Return the exit status."""
        return self.process.wait(seconds)
