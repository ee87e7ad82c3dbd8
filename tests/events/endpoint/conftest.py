"""The source that tests of the endpoint share."""

import pytest

from events.models import Source
from tests.support.vendor_requests import new_source


@pytest.fixture
def open_source() -> Source:
    """Create a source whose address is its only secret, for answers that do not depend on a signature."""
    return new_source("none", slug="open")[0]
