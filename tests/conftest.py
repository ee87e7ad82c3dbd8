"""Starts what the tests need, at import: Django reads its settings before any hook of this file.

That is also why pyproject.toml does not name the settings to pytest-django.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import django
import pytest
from cryptography.fernet import Fernet
from hypothesis import settings

from tests import counts, stack

SERVICES = ExitStack()
# What is drawn depends on the test alone: what fails, fails again, and what was green stays so.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


def start_services() -> None:
    state = SERVICES.enter_context(stack.state_directory())
    os.environ |= {
        "CRMMIRROR_STATE_DIR": str(state),
        "DATABASE_URL": SERVICES.enter_context(stack.database(state)),
        "BROKER_URL": SERVICES.enter_context(stack.broker(state)),
        "SECRET_KEY": "for-tests",
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "HTTPS": "false",
        "DJANGO_SETTINGS_MODULE": "crmmirror.settings",
    }


def only_distributes() -> bool:
    """Whether other processes run the tests, as `pytest -n 2` has it: each starts services of its own."""
    return "-n" in sys.argv and "PYTEST_XDIST_WORKER" not in os.environ


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """pytest-xdist runs one of several tests with one id, and says nothing of the others."""
    if twice := [nodeid for nodeid, count in Counter(item.nodeid for item in items).items() if count > 1]:
        raise pytest.UsageError(f"several tests have one id: {', '.join(twice)}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    counts.pass_on(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    counts.take_over(getattr(node, "workeroutput", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in counts.lines():
        terminalreporter.write_line(line)


def pytest_unconfigure() -> None:
    SERVICES.close()


if only_distributes():
    # The others inherit the environment, and would read the settings before this file.
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
else:
    start_services()
    django.setup()


@pytest.fixture(autouse=True)
def rejections_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that writes refusals would do so beside the test's transaction: tests write themselves."""
    from events import rejections

    rejections.notes.start_over()
    monkeypatch.setattr(rejections.writer, "wake", lambda: None)


@pytest.fixture(autouse=True)
def database_is_there() -> Iterator[None]:
    """What one test finds away is not taken to be away by the next."""
    from events import views

    yield
    views.database.over()
