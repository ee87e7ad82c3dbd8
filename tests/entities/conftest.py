"""What the tests of the API share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

SIGNALS = (request_started, request_finished)
# Collecting it generates requests to every address, which takes half a minute.
AT_LENGTH = "test_schema_requests_at_length.py"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    left_out = collection_path.name == AT_LENGTH and config.option.markexpr == "not prove"
    return True if left_out else None


@pytest.fixture
def headers(db: None) -> Iterator[dict[str, str]]:
    """Those of somebody who may see everything, asking within the test's transaction."""
    from tests.support.api_client import authorization

    for signal in SIGNALS:
        signal.disconnect(close_old_connections)
    yield {"Authorization": authorization()}
    for signal in SIGNALS:
        signal.connect(close_old_connections)
