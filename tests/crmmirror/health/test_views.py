"""What a balancer, a Prometheus and whoever is called at night are told, and who is told what."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, override_settings

from crmmirror.health import single_flight
from crmmirror.health.single_flight import SingleFlight
from events.ingest.store import store_event
from events.models import Source
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
    },
    "broker": {
        "database": "ok",
        "broker": "failed",
        "migrations": "ok",
        "secrets": "ok",
        "vendors": "ok",
        "backlog": "ok",
    },
}


@pytest.fixture
def looking_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was seen in the test before is stale at once."""
    monkeypatch.setattr(single_flight, "CACHE_SECONDS", -1)


def ready(status: int = 200) -> Any:
    response = client.get("/readyz")
    assert response.status_code == status, response.content
    return response.json()["checks"]


def test_a_process_that_answers_is_healthy_and_asks_nobody() -> None:
    """Without the fixture of the database, a query would fail."""
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response["Cache-Control"].startswith("max-age=0")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_answered_under_any_host_and_without_tls(
    path: str, looking_anew: None, transactional_db: None
) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True, ALLOWED_HOSTS=["mirror.example"]):
        assert client.get(path, headers={"Host": "10.0.0.7:8000"}).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_nothing_is_changed_by_asking(path: str, transactional_db: None) -> None:
    assert Client(headers={"Authorization": authorization_header()}).post(path).status_code == 405


def test_a_mirror_with_all_that_it_needs_is_ready(looking_anew: None, transactional_db: None) -> None:
    checks = ready()
    assert list(checks) == ["database", "broker", "migrations", "secrets", "vendors", "backlog"]
    assert {check["state"] for check in checks.values()} == {"ok"}
    assert checks["backlog"]["detail"] == "no event waits"


def test_a_backlog_of_minutes_is_told_and_ready(looking_anew: None, transactional_db: None) -> None:
    store_event(new_source()[0], BODY, {}, datetime.now(UTC) - timedelta(minutes=4))
    assert "waited 24" in ready()["backlog"]["detail"]


def test_a_limit_of_0_lets_any_backlog_be_ready(looking_anew: None, transactional_db: None) -> None:
    store_event(new_source()[0], BODY, {}, datetime.now(UTC) - timedelta(hours=1))
    with override_settings(READY_MAX_PENDING_SECONDS=0):
        assert "waited 36" in ready()["backlog"]["detail"]


def test_an_older_backlog_than_five_minutes_is_not_ready(looking_anew: None, transactional_db: None) -> None:
    store_event(new_source()[0], BODY, {}, datetime.now(UTC) - timedelta(hours=1))
    backlog = ready(503)["backlog"]
    assert (backlog["state"], "the limit is 300 s" in backlog["detail"]) == ("failed", True)
    assert "workers" in backlog["do"]


def test_a_migration_that_is_not_applied_is_not_ready(looking_anew: None, transactional_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'events' RETURNING app, name, applied")
        gone = cursor.fetchall()
    try:
        migrations = ready(503)["migrations"]
    finally:
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", gone)
    assert migrations == {
        "state": "failed",
        "detail": f"{len(gone)} not applied",
        "do": "Run manage.py migrate.",
    }


def test_secrets_that_no_key_decrypts_are_named_and_not_shown(
    looking_anew: None, transactional_db: None
) -> None:
    source, secret = new_source()
    new_source("none", slug="open")
    assert ready()["secrets"]["state"] == "ok"
    with override_settings(ENCRYPTION_KEYS=[Fernet.generate_key().decode()]):
        secrets = ready(503)["secrets"]
        assert f"acme (secret {source.secrets.get().pk})" in secrets["detail"]
        assert "rotate_secret" in secrets["do"]
        assert secret not in json.dumps(secrets)
        Source.objects.update(active=False)
        assert ready()["secrets"]["state"] == "ok"


def test_a_vendor_that_this_process_does_not_know_is_named(
    looking_anew: None, transactional_db: None
) -> None:
    source, _ = new_source()
    Source.objects.filter(pk=source.pk).update(vendor="marigold")
    vendors = ready(503)["vendors"]
    assert vendors["detail"] == "this process does not know the vendor 'marigold'"
    assert "Restart the web processes" in vendors["do"]
    Source.objects.update(active=False)
    assert ready()["vendors"]["state"] == "ok"


@pytest.mark.parametrize("refuse", REFUSALS, ids=lambda refuse: refuse.__name__)
def test_a_broker_that_answers_and_takes_no_message_is_not_ready(
    refuse: Callable[[Path], AbstractContextManager[None]],
    looking_anew: None,
    transactional_db: None,
    tmp_path: Path,
) -> None:
    with run_valkey(tmp_path) as broker, current_app_at(f"redis+socket://{broker}"):
        assert ready()["broker"] == {"state": "ok", "detail": "takes messages", "do": ""}
        with refuse(broker):
            failed = ready(503)["broker"]
            assert scrape_checks()["crmmirror_check_passed", "broker"] == 0
        assert (failed["state"], "memory" in failed["do"]) == ("failed", True)
        assert ready()["broker"]["state"] == "ok"
        assert scrape_checks()["crmmirror_check_passed", "broker"] == 1


def scrape_checks() -> Samples:
    with override_settings(METRICS_TOKEN="the one"):
        return parse_samples(client.get("/metrics", headers={"Authorization": "Bearer the one"}).text)


def test_the_messages_of_the_check_do_not_pile_up(
    looking_anew: None, transactional_db: None, tmp_path: Path
) -> None:
    with run_valkey(tmp_path) as broker, current_app_at(f"redis+socket://{broker}"):
        for _ in range(5):
            ready()
        assert count_messages(broker) == 0


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server((HOST, 0), backlog=128) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("thing", ["database", "broker"])
@pytest.mark.parametrize("manner", ["gone", "silent"])
def test_what_is_away_is_named_within_two_seconds_with_what_to_do(
    thing: str, manner: str, silent: int, transactional_db: None, tmp_path: Path
) -> None:
    port = free_port() if manner == "gone" else silent
    setting, url = {
        "database": ("DATABASE_URL", f"postgresql://hidden:hidden@{HOST}:{port}/hidden"),
        "broker": ("BROKER_URL", f"redis://:hidden@{HOST}:{port}/0"),
    }[thing]
    with run_web_server(tmp_path, {setting: url}) as web:
        timed_get(web.port, "/healthz")  # A process loads its addresses at the first request,
        checks = not_ready(web.port)
        for _ in range(10):  # and the migrations at the first look, of which a busy machine makes seconds.
            if {name: check["state"] for name, check in checks.items()} == STATES_WITHOUT[thing]:
                break
            checks = not_ready(web.port)
        took, status, _ = timed_get(web.port, "/healthz")
    assert (status, took < 0.5) == (200, True)
    assert {name: check["state"] for name, check in checks.items()} == STATES_WITHOUT[thing]
    assert setting in checks[thing]["do"]
    assert "hidden" not in json.dumps(checks)
    assert str(port) not in json.dumps(checks)


def not_ready(port: int) -> Any:
    took, status, text = timed_get(port, "/readyz")
    assert (status, took < 2) == (503, True)
    return json.loads(text)["checks"]


def timed_get(port: int, path: str) -> tuple[float, int, str]:
    with closing(HTTPConnection(HOST, port, timeout=10)) as web:
        started = time.monotonic()
        web.request("GET", path)
        response = web.getresponse()
        text = response.read().decode()
        return time.monotonic() - started, response.status, text


def test_a_look_that_hangs_is_taken_once_however_many_ask() -> None:
    looks, go_on = [], threading.Event()

    def look() -> str:
        looks.append(1)
        go_on.wait(10)
        return "seen"

    hanging = SingleFlight(look)
    asked = [hanging.start() for _ in range(50)]
    go_on.set()
    assert {future.result(5) for future in asked} == {"seen"}
    assert len(looks) == 1


def test_what_was_just_seen_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single_flight, "CACHE_SECONDS", 60)
    looks: list[int] = []
    look = SingleFlight(lambda: looks.append(1))
    for _ in range(50):
        look.start().result(5)
    assert len(looks) == 1
    monkeypatch.setattr(single_flight, "CACHE_SECONDS", 0)
    look.start().result(5)
    assert len(looks) == 2


class TestWhoMayReadMetrics:
    pytestmark = pytest.mark.django_db

    def status(self, *, token: str = "", by: Client | None = None) -> int:
        headers = {"Authorization": token} if token else {}
        return (by or client).get("/metrics", headers=headers).status_code

    def test_nobody_without_proof(self) -> None:
        assert self.status() == 401
        assert self.status(token="Bearer ") == 401
        assert self.status(token="Bearer guessed") == 401
        assert self.status(token="Token guessed") == 401

    @override_settings(METRICS_TOKEN="the one")
    def test_the_token_of_the_settings(self) -> None:
        assert self.status(token="Bearer the one") == 200
        assert self.status(token="Bearer the on") == 401
        assert self.status(token="Bearer \xff\xfe") == 401

    def test_an_api_token_of_somebody_who_may_view_events(self) -> None:
        assert self.status(token=authorization_header("view_event")) == 200
        assert self.status(token=authorization_header("view_deal")) == 403

    def test_the_session_of_staff_who_may_view_events(self) -> None:
        staff, other = Client(), Client()
        staff.force_login(User.objects.create_superuser("staff"))
        other.force_login(User.objects.create_user("other", is_superuser=True))
        assert self.status(by=staff) == 200
        assert self.status(by=other) == 401

    @override_settings(METRICS_TOKEN="the one", SECURE_SSL_REDIRECT=True, ALLOWED_HOSTS=["mirror.example"])
    def test_a_program_asks_each_process_by_its_own_address(self) -> None:
        asked = {"Authorization": "Bearer the one", "Host": "10.0.0.7:8000"}
        assert client.get("/metrics", headers=asked).status_code == 200

    @override_settings(METRICS_TOKEN="the one")
    def test_it_is_the_text_format_whatever_prometheus_asks_for(self) -> None:
        new_source()
        accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
        for accepted in (accept, "application/openmetrics-text", "text/html", "*/*"):
            asked = {"Authorization": "Bearer the one", "Accept": accepted}
            response = client.get("/metrics", headers=asked)
            assert response["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            assert parse_samples(response.text)["crmmirror_pending_events", "acme"] == 0


def test_metrics_without_a_database_are_the_counts(tmp_path: Path, transactional_db: None) -> None:
    nowhere = f"postgresql://postgres@{HOST}:{free_port()}/mirror"
    with run_web_server(tmp_path, {"DATABASE_URL": nowhere, "METRICS_TOKEN": "the one"}) as web:
        asked = "GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer the one\r\n\r\n"
        web.exchange(asked.format("/webhooks/x/").encode())
        status, text = web.exchange(asked.format("/metrics").encode())
    told = parse_samples(text.decode())
    assert status == 200
    assert told["crmmirror_refused_deliveries_total", "method", ""] == 1
    assert not [key for key in told if key[0] == "crmmirror_pending_events"]
