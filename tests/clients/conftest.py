"""A mirror over HTTP for real clients, and the analyst who reads it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from tests.support.api_client import authorization_header
from tests.support.guide_pages import GuideReader
from tests.support.web_server import await_idle_sessions, run_web_server


@pytest.fixture
def authorization(transactional_db: None) -> str:
    return authorization_header()


@pytest.fixture
def client(authorization: str) -> Client:
    return Client(headers={"authorization": authorization})


@pytest.fixture
def analyst(authorization: str, tmp_path: Path) -> Iterator[GuideReader]:
    """Yield a reader of the guide, with a web server that runs and a directory that is empty."""
    work = tmp_path / "work"
    work.mkdir()
    with run_web_server(tmp_path) as web:
        yield GuideReader(work, web.url, authorization.partition(" ")[2])
        await_idle_sessions()
