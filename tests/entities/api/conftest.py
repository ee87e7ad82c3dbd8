"""The client that tests of the records' API share."""

import pytest
from django.test import Client

from tests.support.api_client import create_api_client


@pytest.fixture
def client(db: None) -> Client:
    """Return a client that sends a superuser's token."""
    return create_api_client()
