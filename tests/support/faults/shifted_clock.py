"""The mirror's programs with a clock that is wrong by CLOCK_OFF_SECONDS."""

import os
from datetime import UTC, datetime, timedelta

import time_machine

time_machine.travel(
    datetime.now(UTC) + timedelta(seconds=float(os.environ["CLOCK_OFF_SECONDS"])), tick=True
).start()

# Imported after the clock is shifted, so that nothing in them has read the right one.
from crmmirror.celery import app  # noqa: E402
from crmmirror.wsgi import application  # noqa: E402

__all__ = ["app", "application"]
