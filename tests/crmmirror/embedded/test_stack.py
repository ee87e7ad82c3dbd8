"""The services of a test run are a real PostgreSQL and a real broker."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from redis import Redis

from crmmirror.embedded.address import Address
from crmmirror.embedded.processes.supervisor import Supervisor
from crmmirror.embedded.servers.postgres import MAX_CONNECTIONS
from crmmirror.embedded.stack import MAX_WEB_PROCESSES, Stack


@pytest.mark.parametrize(
    ("web_url", "expected"),
    [("", "http://127.0.0.1:8123"), ("https://mirror.example", "https://mirror.example")],
)
def test_the_public_address_is_where_the_stack_serves_unless_one_is_set(
    web_url: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEB_URL", web_url)
    stack = Stack(tmp_path, Address("0.0.0.0", 8123), Supervisor(), workers=1)  # noqa: S104
    assert stack.write_settings({})["WEB_URL"] == expected
    assert f"WEB_URL={expected}\n" in (tmp_path / "embedded.env").read_text()


@pytest.mark.django_db
def test_the_tests_run_on_a_real_postgresql() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        assert int(cursor.fetchone()[0]) >= 140000


def test_the_tests_run_on_a_real_broker() -> None:
    with Redis.from_url(os.environ["BROKER_URL"].replace("redis+socket://", "unix://")) as broker:
        assert broker.ping()


def test_the_embedded_database_has_connections_for_all_web_processes_workers_and_commands() -> None:
    web = MAX_WEB_PROCESSES * (settings.DELIVERY_CONNECTIONS + settings.READER_CONNECTIONS)
    assert web + 50 <= MAX_CONNECTIONS
