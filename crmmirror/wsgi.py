"""The WSGI entry point that Granian serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crmmirror.settings")

application = get_wsgi_application()
# Now, and not while the first delivery waits: the views take a second to import.
get_resolver().url_patterns  # noqa: B018
# What is there by now stays: the collector need not stop deliveries to look through it again and again.
gc.freeze()
