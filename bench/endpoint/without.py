"""Serves the mirror without one of the endpoint's optimisations, to show how much speed each one gains.

The environment variable WITHOUT names the optimisation: a key of MEASURES. Only the benchmark uses this.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from django.conf import settings

Remove = Callable[[], None]


def _replace(module: ModuleType | object, name: str, value: Any) -> None:
    if not hasattr(module, name):
        raise AttributeError(f"{module} has no {name}: bring bench/endpoint/without.py up to date.")
    setattr(module, name, value)


def _source_cache() -> None:
    from events.endpoint import intake

    _replace(intake, "get_cached_source", lambda uuid: None)


def _group_commit() -> None:
    from events.ingest import insert

    _replace(insert._group_commit, "submit", lambda event: insert._insert_group([event])[0])


def _prepared_cursor() -> None:
    from crmmirror.lib.database.cursors import fetch_rows
    from events.ingest import insert
    from events.ingest.new_event import encode_events

    _replace(insert, "_run", lambda statement, events: fetch_rows(statement, encode_events(events)))


def _borrowed_connection() -> None:
    """Open a connection in Django's way, which closes it at the end of the request."""
    from crmmirror.postgresql.base import DatabaseWrapper

    @contextmanager
    def open_connection(wrapper: DatabaseWrapper) -> Iterator[Any]:
        wrapper.ensure_connection()
        yield wrapper.connection

    _replace(DatabaseWrapper, "borrow", open_connection)


def _django_handler() -> None:
    """Let Django's handler answer deliveries, through its first middleware."""
    from crmmirror import wsgi

    _replace(wsgi, "application", wsgi.django_application)


def _header_lookup() -> None:
    from events.endpoint import delivery_request

    _replace(delivery_request, "RequestHeaders", lambda request: request.headers)


def _fast_path() -> None:
    settings.MIDDLEWARE.remove("events.endpoint.middleware.delivery_middleware")
    # This one would read the body that the endpoint reads itself.
    settings.MIDDLEWARE.remove("crmmirror.middleware.upload_slot_middleware")
    _django_handler()


def _url_cache() -> None:
    from events.endpoint import middleware

    _replace(middleware, "_resolve", middleware._resolve.__wrapped__)


def _secret_cache() -> None:
    from events.sources import encryption

    _replace(encryption, "_decrypt", encryption._decrypt.__wrapped__)


def _pool_poll() -> None:
    """Make the pool ask the server before each use of a connection."""
    settings.DATABASES["default"]["CONN_HEALTH_CHECKS"] = True


MEASURES: dict[str, Remove] = {
    "source cache": _source_cache,
    "group commit": _group_commit,
    "prepared cursor": _prepared_cursor,
    "borrowed connection": _borrowed_connection,
    "WSGI application": _django_handler,
    "header look-up": _header_lookup,
    "fast path": _fast_path,
    "URL cache": _url_cache,
    "secret cache": _secret_cache,
    "poll in place of the pool's check": _pool_poll,
}
# These must be gone before Django loads what they change.
BEFORE_LOADING = ("fast path", "poll in place of the pool's check")

_measure = os.environ["WITHOUT"]
if _measure in BEFORE_LOADING:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crmmirror.settings")
    MEASURES[_measure]()

from crmmirror import wsgi  # noqa: E402

if _measure not in BEFORE_LOADING:
    MEASURES[_measure]()
application = wsgi.application

__all__ = ["MEASURES", "application"]
