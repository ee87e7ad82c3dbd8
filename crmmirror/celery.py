"""The Celery application: wake-ups travel through the broker, data never does."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

from crmmirror import logging_config

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crmmirror.settings")

app = Celery("crmmirror")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# The threads of the web server see no "current" app but the default one.
app.set_default()


@setup_logging.connect
def configure_logging(**_: Any) -> None:
    """Celery leaves logging alone once somebody listens here."""
    from django.conf import settings

    logging_config.configure(settings.LOGGING)
