"""The browser that tests of the records' admin share."""

import pytest
from django.test import Client

from tests.support.staff_client import log_in_staff


@pytest.fixture
def client(db: None) -> Client:
    """Return a client that a superuser is logged in with."""
    return log_in_staff()
