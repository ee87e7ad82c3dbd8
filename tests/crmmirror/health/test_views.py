"""The health addresses: their answers to load balancers and to staff."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.test import Client, override_settings

from crmmirror.health import single_flight
from events.ingest.store import store_event
from events.models import Source
from events.monitoring.mirror_state import describe_malformed_runs
from tests.events.processing.test_wakeups import current_app_at
from tests.support.api_client import authorization_header
from tests.support.faults.refusing_broker import REFUSALS, count_messages, run_valkey
from tests.support.metrics_scrape import Samples, parse_samples
from tests.support.ports import HOST, free_port
from tests.support.vendor_requests import BODY, new_source
from tests.support.web_server import run_web_server

client = Client()
STATES_WITHOUT = {
    "database": {
        "database": "failed",
        "broker": "ok",
        "migrations": "unknown",
        "secrets": "unknown",
        "vendors": "unknown",
        "backlog": "unknown",
        "bodies": "unknown",
    },
    "broker": {
        "database": "ok",
        "broker": "failed",
        "migrations": "ok",
        "secrets": "ok",
        "vendors": "ok",
        "backlog": "ok",
        "bodies": "ok",
    },
}


@pytest.fixture
def no_check_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every cached result of the checks stale at once: it would be from an earlier test."""
    monkeypatch.setattr(single_flight, "CACHE_SECONDS", -1)


def get_checks(status: int = 200) -> Any:
    """Return the checks of /readyz, which must answer with this status."""
    response = client.get("/readyz")
    assert response.status_code == status, response.content
    return response.json()["checks"]


def test_healthz_answers_without_asking_any_service() -> None:
    """A query would fail, because the test has no database fixture."""
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response["Cache-Control"].startswith("max-age=0")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_answered_under_any_host_and_without_tls(
    path: str, no_check_cache: None, transactional_db: None
) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True, ALLOWED_HOSTS=["mirror.example"]):
        assert client.get(path, headers={"Host": "10.0.0.7:8000"}).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_post_is_not_allowed(path: str, transactional_db: None) -> None:
    assert Client(headers={"Authorization": authorization_header()}).post(path).status_code == 405


def test_a_mirror_with_all_that_it_needs_is_ready(no_check_cache: None, transactional_db: None) -> None:
    checks = get_checks()
    assert list(checks) == ["database", "broker", "migrations", "secrets", "vendors", "backlog", "bodies"]
    assert {check["state"] for check in checks.values()} == {"ok"}
    assert checks["backlog"]["detail"] == "no event waits"


def test_with_a_backlog_of_minutes_the_mirror_is_ready_and_tells_it(
    no_check_cache: None, transactional_db: None
) -> None:
    store_event(new_source()[0], BODY, {}, datetime.now(UTC) - timedelta(minutes=4))
    assert "waited 24" in get_checks()["backlog"]["detail"]


def test_with_a_limit_of_0_the_mirror_is_ready_whatever_the_backlog(
    no_check_cache: None, transactional_db: None
) -> None:
    store_event(new_source()[0], BODY, {}, datetime.now(UTC) - timedelta(hours=1))
    with override_settings(READY_MAX_PENDING_SECONDS=0):
        assert "waited 36" in get_checks()["backlog"]["detail"]


def test_with_a_backlog_of_more_than_five_minutes_the_mirror_is_not_ready(
    no_check_cache: None, transactional_db: None
) -> None:
    store_event(new_source()[0], BODY, {}, datetime.now(UTC) - timedelta(hours=1))
    backlog = get_checks(503)["backlog"]
    assert (backlog["state"], "the limit is 300 s" in backlog["detail"]) == ("failed", True)
    assert "workers" in backlog["do"]


def test_with_a_migration_that_is_not_applied_the_mirror_is_not_ready(
    no_check_cache: None, transactional_db: None
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'events' RETURNING app, name, applied")
        deleted_rows = cursor.fetchall()
    try:
        migrations = get_checks(503)["migrations"]
    finally:
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", deleted_rows
            )
    assert migrations == {
        "state": "failed",
        "detail": f"{len(deleted_rows)} not applied",
        "do": "Run manage.py migrate.",
    }


def test_secrets_that_no_key_decrypts_are_named_and_not_shown(
    no_check_cache: None, transactional_db: None
) -> None:
    source, secret = new_source()
    new_source("none", slug="open")
    assert get_checks()["secrets"]["state"] == "ok"
    with override_settings(ENCRYPTION_KEYS=[Fernet.generate_key().decode()]):
        secrets = get_checks(503)["secrets"]
        assert f"acme (secret {source.secrets.get().pk})" in secrets["detail"]
        assert "rotate_secret" in secrets["do"]
        assert secret not in json.dumps(secrets)
        Source.objects.update(active=False)
        assert get_checks()["secrets"]["state"] == "ok"


def test_a_source_that_sends_only_malformed_bodies_is_named_and_the_mirror_is_ready(
    no_check_cache: None, transactional_db: None
) -> None:
    source, _ = new_source()
    store_event(source, BODY, {}, datetime.now(UTC))
    for number in range(9):
        store_event(source, f"[{number}".encode(), {}, datetime.now(UTC))
    assert get_checks()["bodies"]["detail"] == "no source sends only malformed ones"
    store_event(source, b"[", {}, datetime.now(UTC))
    detail = f"of {source.slug}, all of the last 10 events are malformed"
    assert get_checks()["bodies"] == {"state": "ok", "detail": detail, "do": ""}
    assert describe_malformed_runs() == [detail]
    Source.objects.update(active=False)
    assert get_checks()["bodies"]["detail"] == "no source sends only malformed ones"


def test_a_vendor_that_this_process_does_not_know_is_named(
    no_check_cache: None, transactional_db: None
) -> None:
    source, _ = new_source()
    Source.objects.filter(pk=source.pk).update(vendor="marigold")
    vendors = get_checks(503)["vendors"]
    assert vendors["detail"] == "this process does not know the vendor 'marigold'"
    assert "Restart the web processes" in vendors["do"]
    Source.objects.update(active=False)
    assert get_checks()["vendors"]["state"] == "ok"


@pytest.mark.parametrize("refuse", REFUSALS, ids=lambda refuse: refuse.__name__)
def test_a_broker_that_answers_and_takes_no_message_is_not_ready(
    refuse: Callable[[Path], AbstractContextManager[None]],
    no_check_cache: None,
    transactional_db: None,
    tmp_path: Path,
) -> None:
    with run_valkey(tmp_path) as broker, current_app_at(f"redis+socket://{broker}"):
        assert get_checks()["broker"] == {"state": "ok", "detail": "takes messages", "do": ""}
        with refuse(broker):
            failed = get_checks(503)["broker"]
            assert scrape_checks()["crmmirror_check_passed", "broker"] == 0
        assert (failed["state"], "memory" in failed["do"]) == ("failed", True)
        assert get_checks()["broker"]["state"] == "ok"
        assert scrape_checks()["crmmirror_check_passed", "broker"] == 1


def scrape_checks() -> Samples:
    with override_settings(METRICS_TOKEN="the one"):
        return parse_samples(client.get("/metrics", headers={"Authorization": "Bearer the one"}).text)


def test_the_messages_of_the_check_do_not_pile_up(
    no_check_cache: None, transactional_db: None, tmp_path: Path
) -> None:
    with run_valkey(tmp_path) as broker, current_app_at(f"redis+socket://{broker}"):
        for _ in range(5):
            get_checks()
        assert count_messages(broker) == 0


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Yield the port of a server that accepts connections and never answers."""
    with socket.create_server((HOST, 0), backlog=128) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("service", ["database", "broker"])
@pytest.mark.parametrize("failure", ["gone", "silent"])
def test_a_service_that_is_away_is_named_within_two_seconds_with_what_to_do(
    service: str, failure: str, silent_port: int, transactional_db: None, tmp_path: Path
) -> None:
    port = free_port() if failure == "gone" else silent_port
    setting, url = {
        "database": ("DATABASE_URL", f"postgresql://hidden:hidden@{HOST}:{port}/hidden"),
        "broker": ("BROKER_URL", f"redis://:hidden@{HOST}:{port}/0"),
    }[service]
    with run_web_server(tmp_path, {setting: url}) as web:
        timed_get(web.port, "/healthz")  # The first request makes the process load its URLs.
        checks = get_failed_checks(web.port)
        for _ in range(10):  # The first checks load the migrations: seconds on a busy machine.
            if {name: check["state"] for name, check in checks.items()} == STATES_WITHOUT[service]:
                break
            checks = get_failed_checks(web.port)
        seconds, status, _ = timed_get(web.port, "/healthz")
    assert (status, seconds < 0.5) == (200, True)
    assert {name: check["state"] for name, check in checks.items()} == STATES_WITHOUT[service]
    assert setting in checks[service]["do"]
    assert "hidden" not in json.dumps(checks)
    assert str(port) not in json.dumps(checks)


def get_failed_checks(port: int) -> Any:
    """Return the checks of /readyz, which must answer 503 within two seconds."""
    seconds, status, text = timed_get(port, "/readyz")
    assert (status, seconds < 2) == (503, True)
    return json.loads(text)["checks"]


def timed_get(port: int, path: str) -> tuple[float, int, str]:
    """Return the seconds until the answer was read, its status and its body."""
    with closing(HTTPConnection(HOST, port, timeout=10)) as web:
        started = time.monotonic()
        web.request("GET", path)
        response = web.getresponse()
        text = response.read().decode()
        return time.monotonic() - started, response.status, text
