"""Sends mails in a thread of its own: no answer waits for a mail server, or tells by its time who is known.

What a process has not sent when it ends is lost: whoever waits for a mail asks again.
"""

import os
import queue
import threading
from collections.abc import Callable

import structlog
from django.db import connection

log = structlog.get_logger(__name__)

Send = Callable[[], object]
# Mail servers are given EMAIL_TIMEOUT seconds each: more mails than these would wait for minutes.
MAX_WAITING_MAILS = 50


class MailQueue:
    """Runs what sends a mail soon after it is added, one after the other, in the order of the additions."""

    def __init__(self) -> None:
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def add(self, send: Send) -> None:
        """Let the thread do this. Returns at once, and never raises; a mail that finds no room is lost."""
        try:
            self._waiting.put_nowait(send)
        except queue.Full:
            log.error("mail_not_sent", reason="too many mails wait for the mail server")
            return
        if self._thread is None:
            self._start_thread()

    def wait_until_empty(self) -> None:
        """Return once all that was added is done."""
        self._waiting.join()

    def _reset(self) -> None:
        """Start anew after a fork: threads, and the locks that they hold, do not survive one."""
        self._waiting: queue.Queue[Send] = queue.Queue(MAX_WAITING_MAILS)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def _start_thread(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="mails", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            send = self._waiting.get()
            try:
                send()
            except Exception as error:
                # Whatever it was, the next mail may do better. The text of the error may have the address.
                log.error("mail_not_sent", reason=type(error).__name__)
            finally:
                connection.close()
                self._waiting.task_done()


mails = MailQueue()
