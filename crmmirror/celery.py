"""The Celery application. Only wake-ups travel through the broker; events are read from the database."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

from crmmirror import logging_config

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crmmirror.settings")

app = Celery("crmmirror")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Celery keeps the "current" application per thread; the web server's threads only see the default one.
app.set_default()


@setup_logging.connect
def configure_logging(**_: Any) -> None:
    """Configure logging as in the web process. Celery leaves logging alone if this signal has a receiver."""
    from django.conf import settings

    logging_config.configure(settings.LOGGING)
