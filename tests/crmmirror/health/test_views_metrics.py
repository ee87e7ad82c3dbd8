"""The metrics address: who may read it, in which format, and what is left without a database."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings

from tests.support.api_client import authorization_header
from tests.support.metrics_scrape import parse_samples
from tests.support.ports import HOST, free_port
from tests.support.vendor_requests import new_source
from tests.support.web_server import run_web_server

client = Client()


class TestMetricsAccess:
    pytestmark = pytest.mark.django_db

    def status(self, *, token: str = "", by: Client | None = None) -> int:
        headers = {"Authorization": token} if token else {}
        return (by or client).get("/metrics", headers=headers).status_code

    def test_a_request_without_a_valid_token_is_refused(self) -> None:
        assert self.status() == 401
        assert self.status(token="Bearer ") == 401
        assert self.status(token="Bearer guessed") == 401
        assert self.status(token="Token guessed") == 401

    @override_settings(METRICS_TOKEN="the one")
    def test_the_token_of_the_settings_is_accepted(self) -> None:
        assert self.status(token="Bearer the one") == 200
        assert self.status(token="Bearer the on") == 401
        assert self.status(token="Bearer \xff\xfe") == 401

    def test_an_api_token_is_accepted_if_its_user_may_view_events(self) -> None:
        assert self.status(token=authorization_header("view_event")) == 200
        assert self.status(token=authorization_header("view_deal")) == 403

    def test_the_session_of_staff_who_may_view_events_is_accepted(self) -> None:
        staff, other = Client(), Client()
        staff.force_login(User.objects.create_superuser("staff"))
        other.force_login(User.objects.create_user("other", is_superuser=True))
        assert self.status(by=staff) == 200
        assert self.status(by=other) == 401

    @override_settings(METRICS_TOKEN="the one", SECURE_SSL_REDIRECT=True, ALLOWED_HOSTS=["mirror.example"])
    def test_metrics_are_served_under_any_host_and_without_tls(self) -> None:
        headers = {"Authorization": "Bearer the one", "Host": "10.0.0.7:8000"}
        assert client.get("/metrics", headers=headers).status_code == 200

    @override_settings(METRICS_TOKEN="the one")
    def test_the_answer_is_the_text_format_whatever_the_accept_header_says(self) -> None:
        new_source()
        accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
        for accepted in (accept, "application/openmetrics-text", "text/html", "*/*"):
            headers = {"Authorization": "Bearer the one", "Accept": accepted}
            response = client.get("/metrics", headers=headers)
            assert response["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            assert parse_samples(response.text)["crmmirror_pending_events", "acme"] == 0


def test_without_a_database_the_metrics_are_the_counts_only(tmp_path: Path, transactional_db: None) -> None:
    nowhere = f"postgresql://postgres@{HOST}:{free_port()}/mirror"
    with run_web_server(tmp_path, {"DATABASE_URL": nowhere, "METRICS_TOKEN": "the one"}) as web:
        request = "GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer the one\r\n\r\n"
        web.exchange(request.format("/webhooks/x/").encode())
        status, text = web.exchange(request.format("/metrics").encode())
    samples = parse_samples(text.decode())
    assert status == 200
    assert samples["crmmirror_refused_deliveries_total", "method", ""] == 1
    assert not [key for key in samples if key[0] == "crmmirror_pending_events"]
