"""Sessions that keep a transaction open, and with it the locks that they have taken."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from tests.support.web_server import database_url


@contextmanager
def open_transaction(statement: str, name: str = "analyst") -> Iterator[psycopg.Connection]:
    """Run a statement in a transaction on the tests' database; end the transaction with the context.

    name: the session's application_name.
    """
    with psycopg.connect(database_url(f"application_name={name}")) as session:
        session.execute(statement)
        yield session
        session.rollback()


@contextmanager
def ending_once(
    session: psycopg.Connection, condition: Callable[[], bool], seconds: float = 60
) -> Iterator[None]:
    """Roll the session's transaction back once a condition holds, or after this time, during a context."""

    def end() -> None:
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.02)
        session.rollback()

    thread = threading.Thread(target=end)
    thread.start()
    try:
        yield
    finally:
        thread.join()
