"""Forgotten passwords: the mail, its link, its limits; with a mail server that runs in the test."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crmmirror.sign_on.mail_queue import mails
from crmmirror.sign_on.second_factors.factor_codes import begin_enrolment, confirm_enrolment, read_key
from entities.models import AuditAction, AuditEntry
from tests.support.login_settings import login_settings
from tests.support.ports import free_port
from tests.support.second_factors import make_code

# Mails are sent in a thread, which has a connection of its own.
pytestmark = pytest.mark.django_db(transaction=True)

ASK = "/admin/password_reset/"
NEW_PASSWORD = "staple battery correct"
SMTP = "django.core.mail.backends.smtp.EmailBackend"


class Mailbox:
    """A mail server that keeps the mails that it receives."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.may_receive = Event()
        self.may_receive.set()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.may_receive.wait()
        self.mails.append(message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    mailbox, port = Mailbox(), free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    settings = {
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "EMAIL_BACKEND": SMTP,
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": port,
        "WEB_URL": "https://mirror.example",
        "DEFAULT_FROM_EMAIL": "mirror@acme.example",
    }
    with login_settings(**settings):
        yield mailbox
    controller.stop()


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", "ann@acme.example", "old password", is_staff=True)


def ask(address: str = "ann@acme.example", client: Client | None = None) -> Any:
    """Ask for a mail; return the answer, once the mail is sent or was found to be none."""
    answer = (client or Client()).post(ASK, {"email": address}, headers={"host": "localhost"})
    mails.wait_until_empty()
    return answer


def follow_link(client: Client, mail: Message) -> Any:
    """Open the link of a mail, and enter a new password."""
    text = str(mail.get_payload(decode=True).decode())  # type: ignore[union-attr]
    link = re.search(r"https://mirror\.example(/admin/reset/\S+)", text)
    assert link, text
    page = client.get(link[1], follow=True)
    form = page.redirect_chain[-1][0] if page.redirect_chain else link[1]
    return client.post(urlsplit(form).path, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})


def test_a_forgotten_password_is_changed_by_the_link_of_a_mail(mailbox: Mailbox, ann: User) -> None:
    assert f'href="{ASK}"' in Client().get("/admin/login/").content.decode()
    assert ask().status_code == 302
    (mail,) = mailbox.mails
    assert (mail["To"], mail["From"]) == ("ann@acme.example", "mirror@acme.example")
    client = Client()
    assert follow_link(client, mail).status_code == 302
    ann.refresh_from_db()
    assert ann.check_password(NEW_PASSWORD)
    assert "_auth_user_id" not in client.session
    entry = AuditEntry.objects.get(action=AuditAction.PASSWORD_CHANGED)
    assert (entry.user, entry.object_id, entry.detail) == (None, str(ann.pk), {"way": "mail"})


def test_a_link_serves_once(mailbox: Mailbox, ann: User) -> None:
    ask()
    follow_link(Client(), mailbox.mails[0])
    ann.refresh_from_db()
    before = ann.password
    follow_link(Client(), mailbox.mails[0])
    ann.refresh_from_db()
    assert ann.password == before


def test_a_new_password_does_not_get_around_the_second_factor(mailbox: Mailbox, ann: User) -> None:
    factor = begin_enrolment(ann)
    confirm_enrolment(factor, make_code(read_key(factor)))
    ask()
    client = Client()
    follow_link(client, mailbox.mails[0])
    answer = client.post("/admin/login/", {"username": "ann", "password": NEW_PASSWORD})
    assert answer["Location"] == "/admin/login/code/"


def test_the_answer_does_not_tell_whether_there_is_such_a_user(mailbox: Mailbox, ann: User) -> None:
    User.objects.create_user("customer", "customer@acme.example", "password")
    User.objects.create_user("sso", "sso@acme.example", is_staff=True)
    answers = [
        ask(address)
        for address in (
            "ann@acme.example",
            "nobody@acme.example",
            "customer@acme.example",
            "sso@acme.example",
        )
    ]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, f"{ASK}done/")}
    assert [mail["To"] for mail in mailbox.mails] == ["ann@acme.example"]


def test_the_same_statements_are_made_before_the_answer_whether_there_is_such_a_user(
    mailbox: Mailbox, ann: User
) -> None:
    statements = []
    for address in ("someone@acme.example", "ann@acme.example", "nobody@acme.example"):
        # The thread has another connection.
        with CaptureQueriesContext(connection) as queries:
            ask(address)
        statements.append([query["sql"].replace(address, "ADDRESS") for query in queries])
    assert statements[1] == statements[2]
    assert not any("auth_user" in statement for statement in statements[1])
    assert [mail["To"] for mail in mailbox.mails] == ["ann@acme.example"]


def test_the_answer_is_there_before_the_mail_is_received(mailbox: Mailbox, ann: User) -> None:
    mailbox.may_receive.clear()
    answer = Client().post(ASK, {"email": "ann@acme.example"}, headers={"host": "localhost"})
    assert (answer.status_code, mailbox.mails) == (302, [])
    mailbox.may_receive.set()
    mails.wait_until_empty()
    assert [mail["To"] for mail in mailbox.mails] == ["ann@acme.example"]


def test_so_many_mails_go_to_one_address_and_are_asked_for_from_one(mailbox: Mailbox, ann: User) -> None:
    assert [ask().status_code for _ in range(4)] == [302, 302, 302, 429]
    assert len(mailbox.mails) == 3
    assert {ask(f"{number}@acme.example").status_code for number in range(10)} == {302, 429}


def test_a_mail_server_that_is_away_changes_no_answer(mailbox: Mailbox, ann: User) -> None:
    with login_settings(EMAIL_PORT=free_port()):
        assert ask().status_code == 302


def test_without_a_mail_server_there_is_no_such_page(ann: User) -> None:
    assert "password_reset" not in Client().get("/admin/login/").content.decode()
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    assert client.get(ASK).status_code == 404
