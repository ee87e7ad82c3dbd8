"""Sessions that keep a transaction open, and with it the locks that they have taken."""

from collections.abc import Iterator
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
