"""The services of a test run are a real PostgreSQL and a real broker."""

import os

import pytest
from django.conf import settings
from django.db import connection
from redis import Redis

from crmmirror.embedded.servers.postgres import MAX_CONNECTIONS
from crmmirror.embedded.stack import MAX_WEB_PROCESSES


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
