"""The text of an exception for the log, without the values of rows that the database puts into its errors."""

from collections.abc import Iterator
from typing import Any

import psycopg
import structlog

LEFT_OUT = "[left out]"
# The class of PostgreSQL's errors about a value, whose message quotes it.
DATA_EXCEPTION = "22"


def format_traceback(exc_info: Any) -> str:
    """Return a traceback as text. exc_info: as of `sys.exc_info()`."""
    text = structlog.processors.format_exc_info(None, "", {"exc_info": exc_info})["exception"]
    return leave_values_out(str(text), exc_info[1])


def leave_values_out(text: str, error: BaseException) -> str:
    """Return the text of a traceback without what the database quotes of rows and values."""
    for cause in _causes(error):
        if isinstance(cause, psycopg.Error):
            for quotation in _quotations(cause):
                text = text.replace(quotation, LEFT_OUT)
    return text


def _quotations(error: psycopg.Error) -> Iterator[str]:
    """Yield the parts of an error's text in which the database may quote values."""
    diagnostic = error.diag
    yield from filter(None, (diagnostic.message_detail, diagnostic.context, diagnostic.internal_query))
    if (error.sqlstate or "").startswith(DATA_EXCEPTION) and diagnostic.message_primary:
        yield diagnostic.message_primary


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that led to it, each once."""
    found: dict[int, BaseException] = {}
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop()
        if cause is not None and id(cause) not in found:
            found[id(cause)] = cause
            waiting += [cause.__cause__, cause.__context__]
    yield from found.values()
