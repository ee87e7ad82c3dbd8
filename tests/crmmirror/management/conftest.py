"""Fixtures of the commands' tests."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command

from crmmirror.management import lock_watch
from crmmirror.management.commands import migrate
from crmmirror.postgresql import schema
from tests.support.unmigrated_database import FORMER


@pytest.fixture
def unmigrated(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take a migration back for a test, with all that come after it, and shorten the waits of `migrate`."""
    monkeypatch.setattr(schema, "LOCK_TIMEOUT_SECONDS", 0.4)
    monkeypatch.setattr(lock_watch, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(migrate, "BACK_OFF_SECONDS", (0.2,))
    monkeypatch.setattr(migrate, "MAX_BACK_OFF_SECONDS", 0.2)
    call_command("migrate", "events", FORMER, verbosity=0)
    yield
    call_command("migrate", verbosity=0)
