"""Fixtures of the API's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

SIGNALS = (request_started, request_finished)
# Collecting it generates requests to every address, which takes half a minute.
LONG_FILE = "test_openapi_requests_at_length.py"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    is_left_out = collection_path.name == LONG_FILE and config.option.markexpr == "not prove"
    return True if is_left_out else None


@pytest.fixture
def headers(db: None) -> Iterator[dict[str, str]]:
    """Return the headers of a superuser, whose requests stay within the test's transaction."""
    from tests.support.api_client import authorization_header

    for signal in SIGNALS:
        signal.disconnect(close_old_connections)
    # Schemathesis does not decompress what its WSGI client receives.
    yield {"Authorization": authorization_header(), "Accept-Encoding": "identity"}
    for signal in SIGNALS:
        signal.connect(close_old_connections)
