"""A proxy in front that the settings do not fit is named, instead of a redirect that leads here again."""

from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings

from tests.support.ports import HOST
from tests.support.web_server import WebServer, run_web_server

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = ("/", "/admin/", "/admin/login/", "/api/v1/deals/", "/static/admin/css/base.css")


def ask(web: WebServer, path: str, **headers: str) -> tuple[int, str, str]:
    """Return the status, the Location and the body of the answer."""
    http = HTTPConnection(HOST, web.port, timeout=10)
    try:
        http.request("GET", path, headers=headers)
        response = http.getresponse()
        return response.status, response.headers.get("Location", ""), response.read().decode()
    finally:
        http.close()


def lines_about_the_proxy(web: WebServer) -> list[str]:
    return [line for line in web.log.read_text().splitlines() if "proxy_settings_wrong" in line]


def test_a_forgotten_behind_proxy_is_named_in_the_answer_and_once_in_the_log(tmp_path: Path) -> None:
    with run_web_server(tmp_path, {"HTTPS": "true"}) as web:
        answers = [ask(web, path, **{"X-Forwarded-Proto": "https"}) for path in PAGES * 4]
        plain = ask(web, "/admin/")
    assert {(status, "BEHIND_PROXY=true" in text) for status, _, text in answers} == {(400, True)}
    assert plain[:2] == (301, f"https://{HOST}:{web.port}/admin/")
    [line] = lines_about_the_proxy(web)
    assert "BEHIND_PROXY" in line


def test_a_proxy_that_does_not_say_which_protocol_its_client_used_is_named(tmp_path: Path) -> None:
    with run_web_server(tmp_path, {"HTTPS": "true", "BEHIND_PROXY": "true"}) as web:
        silent = [ask(web, path) for path in PAGES]
        secure = ask(web, "/admin/", **{"X-Forwarded-Proto": "https"})
        plain = ask(web, "/admin/", **{"X-Forwarded-Proto": "http"})
    assert {(status, "X-Forwarded-Proto" in text) for status, _, text in silent} == {(400, True)}
    assert (secure[0], plain[0]) == (302, 301)
    assert len(lines_about_the_proxy(web)) == 1


def test_the_header_alone_makes_no_request_a_secure_one(tmp_path: Path) -> None:
    with run_web_server(tmp_path, {"HTTPS": "true"}) as web:
        status, _, text = ask(web, "/admin/login/", **{"X-Forwarded-Proto": "https"})
    assert (status, settings.CSRF_COOKIE_NAME in text) == (400, False)


def test_health_and_deliveries_do_without_the_header(tmp_path: Path) -> None:
    with run_web_server(tmp_path, {"HTTPS": "true", "BEHIND_PROXY": "true"}) as web:
        assert ask(web, "/healthz")[0] == 200
        assert ask(web, "/webhooks/nobody/")[0] == 405
