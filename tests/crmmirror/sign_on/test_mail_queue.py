"""The queue of mails: what waits, what does not fit, what fails."""

from functools import partial
from threading import Event

import pytest

from crmmirror.sign_on.mail_queue import MAX_WAITING_MAILS, MailQueue

pytestmark = pytest.mark.django_db(transaction=True)


def test_mails_are_sent_in_the_order_of_the_additions() -> None:
    mails, sent = MailQueue(), list[int]()
    for number in range(5):
        mails.add(partial(sent.append, number))
    mails.wait_until_empty()
    assert sent == [0, 1, 2, 3, 4]


def test_one_that_fails_holds_up_no_other() -> None:
    mails, sent = MailQueue(), list[str]()

    def fail() -> None:
        raise OSError("the mail server is away")

    mails.add(fail)
    mails.add(lambda: sent.append("next"))
    mails.wait_until_empty()
    assert sent == ["next"]


def test_what_does_not_fit_is_lost_and_holds_up_nobody() -> None:
    mails, sent, begun, may_end = MailQueue(), list[int](), Event(), Event()

    def wait() -> None:
        begun.set()
        may_end.wait()

    mails.add(wait)
    begun.wait()
    for number in range(MAX_WAITING_MAILS + 7):
        mails.add(partial(sent.append, number))
    may_end.set()
    mails.wait_until_empty()
    assert sent == list(range(MAX_WAITING_MAILS))
