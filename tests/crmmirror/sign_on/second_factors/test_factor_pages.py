"""Second factors of passwords: adding one, logging in with it, recovery codes, removing it."""

import html
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from crmmirror.login_throttle import CODE_LIMIT
from crmmirror.sign_on.pending_login import PENDING_SECONDS
from crmmirror.sign_on.second_factors.factor_codes import (
    accept_code,
    begin_enrolment,
    confirm_enrolment,
    read_key,
)
from entities.models import AuditAction, AuditEntry, SecondFactor
from tests.support.login_settings import login_settings
from tests.support.second_factors import add_factor, make_code

pytestmark = pytest.mark.django_db

LOGIN, CODE, ENROL, OWN = (
    "/admin/login/",
    "/admin/login/code/",
    "/admin/login/enrol/",
    "/admin/second-factor/",
)
PASSWORD = "correct horse battery"
RECOVERY_CODE = re.compile(r"<code>([a-z2-7-]{19})</code>")
KEY = re.compile(r'<code class="totp-key">([A-Z2-7 ]+)</code>')


@pytest.fixture(autouse=True)
def optional_second_factors() -> Iterator[None]:
    with login_settings(SECOND_FACTOR="optional"):
        yield


@pytest.fixture
def ann() -> User:
    return User.objects.create_superuser("ann", password=PASSWORD)


def give_password(client: Client, address: str = "/admin/board/") -> Any:
    return client.post(LOGIN, {"username": "ann", "password": PASSWORD, "next": address})


def is_logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_without_a_second_factor_the_password_logs_in(ann: User) -> None:
    client = Client()
    assert give_password(client)["Location"] == "/admin/board/"
    assert AuditEntry.objects.get(action=AuditAction.LOGIN).detail == {"way": "password"}


def test_the_password_alone_lets_nobody_in_and_the_code_does(ann: User) -> None:
    key, _ = add_factor(ann)
    client = Client()
    assert give_password(client)["Location"] == CODE
    assert not is_logged_in(client)
    assert client.get("/admin/board/").status_code == 302
    assert client.get("/api/v1/deals/").status_code in (401, 403)
    assert "Hello ann" in client.get(CODE).content.decode()
    answer = client.post(CODE, {"code": make_code(key)})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/board/")
    assert client.get("/admin/board/").status_code == 200
    assert AuditEntry.objects.get(action=AuditAction.LOGIN).detail == {"way": "password", "factor": "totp"}


@pytest.mark.parametrize("code", ["000000", "12345", "abc", "١٢٣٤٥٦", "aaaa-bbbb-cccc-dddd", "\0", "9" * 40])
def test_a_wrong_code_is_refused_and_written_down(ann: User, code: str) -> None:
    add_factor(ann)
    client = Client()
    give_password(client)
    answer = client.post(CODE, {"code": code})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not is_logged_in(client)
    if code != "\0":
        failure = AuditEntry.objects.get(action=AuditAction.LOGIN_FAILED)
        assert (failure.user, failure.detail["reason"]) == (ann, "second factor")


def test_a_code_that_was_used_is_not_accepted_again(ann: User) -> None:
    key, _ = add_factor(ann)
    code = make_code(key)
    first, second = Client(), Client()
    give_password(first)
    give_password(second)
    assert first.post(CODE, {"code": code}).status_code == 302
    assert second.post(CODE, {"code": code}).status_code == 200
    assert second.post(CODE, {"code": make_code(key, -1)}).status_code == 200
    assert second.post(CODE, {"code": make_code(key, 1)}).status_code == 302


def test_a_code_of_too_long_ago_is_not_accepted(ann: User) -> None:
    factor = begin_enrolment(ann)
    key = read_key(factor)
    confirm_enrolment(factor, make_code(key, -1))
    SecondFactor.objects.update(last_step=-1)
    assert not accept_code(ann, make_code(key, -3))
    assert not accept_code(ann, make_code(key, 3))


@pytest.mark.django_db(transaction=True)
def test_of_processes_that_send_one_code_at_once_one_gets_in() -> None:
    ann = User.objects.create_superuser("ann", password=PASSWORD)
    key, recovery_codes = add_factor(ann)

    def send(code: str) -> str:
        try:
            return accept_code(ann, code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(send, [make_code(key)] * 8)) == [""] * 7 + ["totp"]
        assert sorted(threads.map(send, recovery_codes[:1] * 8)) == [""] * 7 + ["recovery-code"]


def test_a_recovery_code_serves_once(ann: User) -> None:
    _, codes = add_factor(ann)
    assert len(codes) == len(set(codes)) == 10
    client, again = Client(), Client()
    give_password(client)
    give_password(again)
    assert client.post(CODE, {"code": codes[0].upper()}).status_code == 302
    assert again.post(CODE, {"code": codes[0]}).status_code == 200
    assert again.post(CODE, {"code": codes[1].replace("-", " ")}).status_code == 302
    assert len(SecondFactor.objects.get().recovery_hashes) == 8


def test_codes_are_throttled_for_those_who_have_only_the_password(ann: User) -> None:
    key, _ = add_factor(ann)
    known = Client()
    give_password(known)
    known.post(CODE, {"code": make_code(key)})
    known.post("/admin/logout/")
    stranger = Client()
    give_password(stranger)
    answers = [stranger.post(CODE, {"code": "000000"}) for _ in range(CODE_LIMIT.count + 1)]
    assert [answer.status_code for answer in answers] == [200] * CODE_LIMIT.count + [429]
    assert stranger.post(CODE, {"code": make_code(key, 1)}).status_code == 429
    give_password(known)
    assert known.post(CODE, {"code": make_code(key, 1)}).status_code == 302


def test_the_page_of_the_code_ends_with_its_time_and_with_the_password(ann: User) -> None:
    add_factor(ann)
    client = Client()
    assert client.get(CODE)["Location"] == LOGIN
    give_password(client)
    session = client.session
    session["pending_login"] |= {"at": time.time() - PENDING_SECONDS - 1}
    session.save()
    assert client.get(CODE)["Location"] == LOGIN
    give_password(client)
    assert client.get(CODE).status_code == 200
    ann.set_password("another one")
    ann.save()
    assert client.get(CODE)["Location"] == LOGIN


def test_a_login_to_be_completed_ends_the_session_of_before(ann: User) -> None:
    add_factor(ann)
    client = Client()
    client.force_login(User.objects.create_superuser("bob"))
    give_password(client)
    assert not is_logged_in(client)


def enrol(client: Client, address: str) -> list[str]:
    """Confirm the key that the page shows; return the recovery codes."""
    page = client.get(address).content.decode()
    assert "style=" not in page
    assert 'class="segno"' in page
    key = KEY.search(page)
    assert key
    assert "errorlist" in client.post(address, {"code": "000000"}).content.decode()
    answer = client.post(address, {"code": make_code(key[1])})
    assert answer["Cache-Control"].startswith("no-store")
    return RECOVERY_CODE.findall(html.unescape(answer.content.decode()))


def test_a_user_adds_renews_and_removes_his_second_factor(ann: User) -> None:
    client = Client()
    give_password(client)
    assert "totp-key" not in client.get(OWN).content.decode()
    assert not SecondFactor.objects.exists()
    client.post(OWN, {"begin": "1"})
    assert accept_code(ann, "000000") == ""
    codes = enrol(client, OWN)
    assert len(codes) == 10
    page = client.post(OWN, {"code": codes[0], "act": "renew"}).content.decode()
    new_codes = RECOVERY_CODE.findall(page)
    assert len(new_codes) == 10
    assert "errorlist" in client.post(OWN, {"code": codes[1], "act": "remove"}).content.decode()
    assert client.post(OWN, {"code": new_codes[0], "act": "remove"}).status_code == 302
    assert not SecondFactor.objects.exists()
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert actions >= {"second-factor-added", "recovery-codes-renewed", "second-factor-removed"}


def test_a_key_that_is_not_confirmed_asks_nobody_for_a_code(ann: User) -> None:
    begin_enrolment(ann)
    client = Client()
    give_password(client)
    assert is_logged_in(client)


def test_where_it_is_required_a_login_adds_one_before_anything_else(ann: User) -> None:
    with login_settings(SECOND_FACTOR="required"):
        client = Client()
        assert give_password(client)["Location"] == ENROL
        assert client.get("/admin/board/").status_code == 302
        assert not is_logged_in(client)
        assert len(enrol(client, ENROL)) == 10
        assert client.get("/admin/board/").status_code == 200
        assert client.get(ENROL)["Location"] == LOGIN


def test_where_it_is_required_sessions_without_one_end(ann: User) -> None:
    client = Client()
    give_password(client)
    assert client.get("/admin/board/").status_code == 200
    with login_settings(SECOND_FACTOR="required"):
        same_browser = Client()
        same_browser.cookies = client.cookies
        assert same_browser.get("/admin/board/").status_code == 302
        assert not is_logged_in(same_browser)


def test_whoever_has_the_password_cannot_replace_a_second_factor_by_his_own(ann: User) -> None:
    add_factor(ann)
    with login_settings(SECOND_FACTOR="required"):
        client = Client()
        give_password(client)
        assert client.get(ENROL)["Location"] == LOGIN
        assert client.post(ENROL, {"code": "1"})["Location"] == LOGIN


def test_where_there_are_none_there_are_no_pages(ann: User) -> None:
    add_factor(ann)
    with login_settings(SECOND_FACTOR="off"):
        client = Client()
        give_password(client)
        assert is_logged_in(client)
        assert client.get(OWN).status_code == 404


def test_the_key_is_stored_encrypted_and_recovery_codes_as_hashes(ann: User) -> None:
    key, codes = add_factor(ann)
    factor = SecondFactor.objects.get()
    assert key.encode() not in bytes(factor.ciphertext)
    assert not set(codes) & set(factor.recovery_hashes)
