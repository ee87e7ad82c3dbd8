"""Starts what the tests need, at import: Django reads its settings before any hook of this file.

That is also why pyproject.toml does not name the settings to pytest-django.
"""

import gc
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import django
import pytest
from cryptography.fernet import Fernet
from django.db.backends.base.base import BaseDatabaseWrapper
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
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server"}
# Examples depend on the test alone, so that a failure repeats and a test that passed still passes.
settings.register_profile("repeatable", derandomize=True, deadline=None)
# Of `make unit`, which should take seconds: `make test` tries four times as many.
settings.register_profile("quick", settings.get_profile("repeatable"), max_examples=25)


def keep_compiled_modules() -> None:
    """Let Python write compiled modules, even if the environment forbids it.

    The tests start hundreds of processes of the mirror, and with compiled modules each needs two thirds of
    the processor time to start.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def start_services() -> None:
    """Start PostgreSQL and Valkey, unless the environment names others, and set up Django with them."""
    state = SERVICES.enter_context(services.state_directory())
    os.environ |= {
        **SETTINGS,
        "CRMMIRROR_STATE_DIR": str(state),
        "DATABASE_URL": SERVICES.enter_context(services.provide_database(state)),
        "BROKER_URL": SERVICES.enter_context(services.provide_broker(state)),
    }
    django.setup()


def set_up_without_services() -> None:
    """Set up Django with addresses that nothing listens on; leave the environment as it was.

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
    asks_for_others = "-n" in sys.argv and ("-n", "0") not in pairwise(sys.argv)
    return asks_for_others and "PYTEST_XDIST_WORKER" not in os.environ


def runs_unit_tests_only() -> bool:
    """Return True for `pytest -m unit`: those tests need no service."""
    return ("-m", "unit") in pairwise(sys.argv)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave files without unit tests out of `pytest -m unit`: importing them takes longer than the tests."""
    is_test_file = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    if runs_unit_tests_only() and is_test_file and "pytest.mark.unit" not in collection_path.read_text():
        return True
    return None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    refuse_equal_ids(items)
    refuse_unit_tests_with_database(items)


def pytest_collection_finish() -> None:
    """Take what was imported and collected out of the garbage collection, which it slows down."""
    gc.collect()
    gc.freeze()


def refuse_equal_ids(items: list[pytest.Item]) -> None:
    """Raise UsageError if two tests have one id: pytest-xdist would run one, and not report the other."""
    if repeated := [nodeid for nodeid, count in Counter(item.nodeid for item in items).items() if count > 1]:
        raise pytest.UsageError(f"several tests have one id: {', '.join(repeated)}")


def refuse_unit_tests_with_database(items: list[pytest.Item]) -> None:
    """Raise UsageError if a unit test asks for the database: `make unit` starts none."""
    unit_tests = [item for item in items if item.get_closest_marker("unit")]
    for item in unit_tests:
        if item.get_closest_marker("django_db") or DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())):
            raise pytest.UsageError(f"{item.nodeid} is marked `unit` and asks for the database: drop one")


def pytest_sessionfinish(session: pytest.Session) -> None:
    run_summary.send_to_controller(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    run_summary.add_from_worker(getattr(node, "workeroutput", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in run_summary.summary_lines():
        terminalreporter.write_line(line)


def pytest_unconfigure() -> None:
    SERVICES.close()


keep_compiled_modules()
settings.load_profile("quick" if runs_unit_tests_only() else "repeatable")
if distributes_only() or runs_unit_tests_only():
    set_up_without_services()
else:
    start_services()
    # What each test would pay for again. Only now, because these modules need the settings.
    import_module("tests.support.emptied_tables").install()
    import_module("tests.support.listed_static_files").install()


@pytest.fixture(autouse=True)
def no_database_in_unit_tests(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a unit test that queries the database fail with the reason, in `make test` too."""
    if request.node.get_closest_marker("unit"):

        def refuse(connection: BaseDatabaseWrapper) -> None:
            raise RuntimeError(
                f"{request.node.nodeid} is marked `unit` and queries the database: drop the mark or the query"
            )

        monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", refuse)


@pytest.fixture(autouse=True)
def no_refusal_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the thread that writes refusals: it would write outside the test's transaction."""
    from events.refusals import recorder
    from events.refusals.recorder import buffer

    buffer.clear()
    monkeypatch.setattr(recorder.writer, "trigger", lambda: None)


@pytest.fixture(autouse=True)
def closed_database_circuit() -> Iterator[None]:
    """Close the web server's circuit breaker again, which a test may have opened."""
    from events.endpoint.views import database_circuit

    yield
    database_circuit.record_success()
