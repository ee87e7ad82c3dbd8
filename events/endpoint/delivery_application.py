"""A WSGI application that answers deliveries itself, and leaves all else to Django's.

Django's handler sends signals, sets the script prefix and the URL configuration, and calls a chain of
middleware. None of it is for deliveries.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection

from crmmirror.lib.web.lingering_close import Environ, StartResponse, send_lingering
from events.endpoint.middleware import PREFIX, answer_delivery

Application = Callable[[Environ, StartResponse], Iterable[bytes]]


# Speed: passes by Django's handler. See docs/speed.md.
def answer_deliveries(application: Application) -> Application:
    """Wrap the WSGI application that serves what is no delivery."""
    answer: Callable[[WSGIRequest], Any] = convert_exception_to_response(answer_delivery)

    def delivery_application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith(PREFIX):
            return application(environ, start_response)
        response = answer(WSGIRequest(environ))
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        if response.status_code >= 300:
            return send_lingering(response, environ)
        # What Django's handler does when the response is closed.
        if connection.connection is not None:
            connection.close()
        return [response.content]

    return delivery_application
