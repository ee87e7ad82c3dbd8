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
from crmmirror.embedded.stack import DELIVERY_PROCESSES, MAX_WEB_PROCESSES, Stack


@pytest.mark.parametrize(
    ("web_url", "expected"),
    [
        ("", ("http://127.0.0.1:8123", "http://127.0.0.1:8124")),
        ("https://mirror.example", ("https://mirror.example", "https://mirror.example")),
    ],
)
def test_the_public_addresses_are_where_the_stack_serves_unless_one_is_set(
    web_url: str, expected: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEB_URL", web_url)
    address, delivery_address = (Address("0.0.0.0", port) for port in (8123, 8124))  # noqa: S104
    written = Stack(tmp_path, address, delivery_address, Supervisor(), workers=1).write_settings({})
    assert (written["WEB_URL"], written["DELIVERY_URL"]) == expected
    assert f"WEB_URL={expected[0]}\n" in (tmp_path / "embedded.env").read_text()


@pytest.mark.django_db
def test_the_tests_run_on_a_real_postgresql() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        assert int(cursor.fetchone()[0]) >= 140000


def test_the_tests_run_on_a_real_broker() -> None:
    with Redis.from_url(os.environ["BROKER_URL"].replace("redis+socket://", "unix://")) as broker:
        assert broker.ping()


def test_the_embedded_database_has_connections_for_all_web_processes_workers_and_commands() -> None:
    processes = MAX_WEB_PROCESSES + DELIVERY_PROCESSES
    web = processes * (settings.DELIVERY_CONNECTIONS + settings.READER_CONNECTIONS)
    assert web + 50 <= MAX_CONNECTIONS
