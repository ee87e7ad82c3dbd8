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

from tests.support import run_summary, services

SERVICES = ExitStack()
SETTINGS = {
    "SECRET_KEY": "for-tests",
    "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "HTTPS": "false",
    "DJANGO_SETTINGS_MODULE": "crmmirror.settings",
}
NO_DATABASE = "postgresql:///none?host=/nonexistent"
NO_BROKER = "redis://nowhere.invalid"
# What is drawn depends on the test alone: what fails, fails again, and what was green stays so.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


def start_services() -> None:
    """Start PostgreSQL and Valkey, unless the environment names others, and set up Django with them."""
    state = SERVICES.enter_context(services.state_directory())
    os.environ |= {
        **SETTINGS,
        "CRMMIRROR_STATE_DIR": str(state),
        "DATABASE_URL": SERVICES.enter_context(services.database(state)),
        "BROKER_URL": SERVICES.enter_context(services.broker(state)),
    }
    django.setup()


def set_up_without_services() -> None:
    """Set up Django with addresses where nothing is; leave the environment as it was.

    For the process that only distributes the tests, whose children inherit its environment, and for
    unit tests, in which a query is a mistake.
    """
    before = dict(os.environ)
    os.environ |= {**SETTINGS, "DATABASE_URL": NO_DATABASE, "BROKER_URL": NO_BROKER}
    django.setup()
    os.environ.clear()
    os.environ.update(before)
    # Importing `crmmirror` sets it. pytest-django in the children would read the settings by it, before
    # their own conftest has started services.
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def distributes_only() -> bool:
    """Return True if other processes run the tests (`pytest -n 2`): each starts services of its own."""
    return "-n" in sys.argv and "PYTEST_XDIST_WORKER" not in os.environ


def runs_unit_tests_only() -> bool:
    """Return True for `pytest -m unit`: those tests need no service."""
    return sys.argv[1:3] == ["-m", "unit"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """pytest-xdist runs one of several tests with one id, and says nothing of the others."""
    if twice := [nodeid for nodeid, count in Counter(item.nodeid for item in items).items() if count > 1]:
        raise pytest.UsageError(f"several tests have one id: {', '.join(twice)}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    run_summary.pass_on(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    run_summary.take_over(getattr(node, "workeroutput", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in run_summary.lines():
        terminalreporter.write_line(line)


def pytest_unconfigure() -> None:
    SERVICES.close()


if distributes_only() or runs_unit_tests_only():
    set_up_without_services()
else:
    start_services()


@pytest.fixture(autouse=True)
def refusals_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that writes refusals would do so beside the test's transaction: tests write themselves."""
    from events.refusals import recorder
    from events.refusals.recorder import buffer

    buffer.clear()
    monkeypatch.setattr(recorder.writer, "trigger", lambda: None)


@pytest.fixture(autouse=True)
def database_is_there() -> Iterator[None]:
    """What one test finds away is not taken to be away by the next."""
    from events.endpoint.views import database_circuit

    yield
    database_circuit.record_success()
