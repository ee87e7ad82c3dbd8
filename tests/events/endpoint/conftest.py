"""The source and the wait that tests of the endpoint share."""

from collections.abc import Iterator

import pytest

from events.models import Source
from tests.support.vendor_requests import new_source
from tests.support.web_server import await_idle_sessions


@pytest.fixture
def open_source() -> Source:
    """Create a source whose address is its only secret, for answers that do not depend on a signature."""
    return new_source("none", slug="open")[0]


@pytest.fixture
def wait_for_idle_sessions(transactional_db: None) -> Iterator[None]:
    """Clean the tables only when the server has ended its statements: they may outlast a request."""
    yield
    await_idle_sessions()
