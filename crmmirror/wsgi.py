"""The WSGI entry point that Granian serves."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from crmmirror.environment import exit_on_wrong_settings
from crmmirror.lib.web.lingering_close import linger

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crmmirror.settings")

with exit_on_wrong_settings():
    django_application = linger(get_wsgi_application())

# The settings must be there before this is imported.
from events.endpoint.delivery_application import answer_deliveries

application = answer_deliveries(django_application)
# Import the views now: it takes a second, for which the first delivery would otherwise wait.
get_resolver().url_patterns  # noqa: B018
