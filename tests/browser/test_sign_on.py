"""Logins in a browser, under the content security policy: by a provider, with a second factor, by a mail."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core import mail
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from crmmirror.sign_on.oidc.oidc_client import _make_client
from tests.support.accessibility import LOOKS, collect_faults, collect_faults_here
from tests.support.browser_visit import Visit
from tests.support.login_settings import login_settings, oidc_settings
from tests.support.oidc_provider import Provider, run_provider
from tests.support.second_factors import make_code

pytestmark = pytest.mark.django_db(transaction=True)

NEW_PASSWORD = "staple battery correct"


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def provider(live_server: LiveServer) -> Iterator[Provider]:
    with run_provider() as provider, login_settings(**oidc_settings(provider, live_server.url)):
        _make_client.cache_clear()
        provider.person = {"sub": "s-1", "preferred_username": "ann", "groups": ["crm-viewers"]}
        yield provider


def submit(page: Page, selector: str = "#content [type=submit]") -> None:
    with page.expect_navigation():
        page.click(selector)


def give_password(page: Page, password: str) -> None:
    page.fill("#id_username", "ann")
    page.fill("#id_password", password)
    submit(page)


def test_a_login_and_a_logout_by_a_provider(page: Page, live_server: LiveServer, provider: Provider) -> None:
    visit = Visit(page, live_server.url)
    faults = collect_faults(visit, "/admin/login/?next=/admin/board/", LOOKS)
    submit(page, "text=Log in with Acme ID")
    assert page.url == f"{live_server.url}/admin/board/"
    page.click(".user-menu > summary")
    submit(page, "text=Log out")
    faults |= collect_faults_here(visit, "logged out")
    submit(page, "text=Log out of Acme ID too")
    assert page.url.startswith(f"{provider.url}/logout")
    provider.person["groups"] = []
    visit.goto("/admin/login/")
    submit(page, "text=Log in with Acme ID")
    assert "none of your groups has a role" in page.inner_text("#content")
    faults |= collect_faults_here(visit, "refused")
    assert faults == {}


def test_a_second_factor_is_added_and_asked_for(page: Page, live_server: LiveServer) -> None:
    visit = Visit(page, live_server.url)
    with login_settings(SECOND_FACTOR="required"):
        User.objects.create_superuser("ann", password="secret")
        visit.goto("/admin/")
        give_password(page, "secret")
        faults = collect_faults_here(visit, "adding one")
        assert page.locator(".qr-code svg").is_visible()
        key = page.inner_text(".totp-key")
        page.fill("#id_code", make_code(key, -1))
        submit(page)
        faults |= collect_faults_here(visit, "recovery codes")
        recovery_code = page.locator(".recovery-codes code").first.inner_text()
        submit(page, "text=I have kept them")
        assert page.url == f"{live_server.url}/admin/"
        visit.goto("/admin/second-factor/")
        faults |= collect_faults_here(visit, "own page")
        page.click(".user-menu > summary")
        submit(page, "text=Log out")
        visit.goto("/admin/")
        give_password(page, "secret")
        page.fill("#id_code", "000000")
        submit(page)
        faults |= collect_faults_here(visit, "wrong code")
        page.fill("#id_code", recovery_code)
        submit(page)
        assert page.url == f"{live_server.url}/admin/"
    assert faults == {}


def test_a_forgotten_password(page: Page, live_server: LiveServer) -> None:
    visit = Visit(page, live_server.url)
    backend = "django.core.mail.backends.locmem.EmailBackend"
    with login_settings(EMAIL_URL="memorymail://", EMAIL_BACKEND=backend, WEB_URL=live_server.url):
        User.objects.create_superuser("ann", "ann@acme.example", "secret")
        visit.goto("/admin/")
        submit(page, "text=Forgotten your login credentials?")
        faults = collect_faults_here(visit, "asking for a mail")
        page.fill("#id_email", "ann@acme.example")
        submit(page)
        faults |= collect_faults_here(visit, "mail is sent")
        link = next(word for word in str(mail.outbox[0].body).split() if word.startswith(live_server.url))
        page.goto(link)
        faults |= collect_faults_here(visit, "new password")
        page.fill("#id_new_password1", NEW_PASSWORD)
        page.fill("#id_new_password2", NEW_PASSWORD)
        submit(page)
        faults |= collect_faults_here(visit, "password is changed")
        visit.goto("/admin/")
        give_password(page, NEW_PASSWORD)
        assert page.url == f"{live_server.url}/admin/"
    assert faults == {}
