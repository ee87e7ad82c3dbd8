"""Starts what the tests need, at import: Django reads its settings before any hook of this file.

That is also why pyproject.toml does not name the settings to pytest-django.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import django
import pytest
from cryptography.fernet import Fernet

from tests import stack

SERVICES = ExitStack()


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


def pytest_unconfigure() -> None:
    SERVICES.close()


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
