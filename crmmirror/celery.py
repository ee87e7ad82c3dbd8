"""The Celery application. Only wake-ups travel through the broker; events are read from the database."""

import os
from typing import Any

from celery import Celery
from celery.loaders.app import AppLoader
from celery.signals import setup_logging

from crmmirror.environment import exit_on_wrong_settings
from crmmirror.logs import logging_config
from crmmirror.logs.json_output import is_worker_or_beat

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crmmirror.settings")
if logging_config.asks_for_json() and is_worker_or_beat():
    # Not at the top: Celery's programs take their time to import, and only they need them.
    from crmmirror.logs.celery_output import make_celery_write_json

    make_celery_write_json()


class SettingsLoader(AppLoader):
    """Celery's loader of settings, with one line instead of a traceback about those that are wrong."""

    def config_from_object(self, obj: Any, silent: bool = False) -> None:
        with exit_on_wrong_settings():
            super().config_from_object(obj, silent=silent)


# By its name, because Celery's own Django support reads it.
app = Celery("crmmirror", loader="crmmirror.celery:SettingsLoader")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Celery keeps the "current" application per thread; the web server's threads only see the default one.
app.set_default()


@setup_logging.connect
def configure_logging(**_: Any) -> None:
    """Configure logging as in the web process. Celery leaves logging alone if this signal has a receiver."""
    from django.conf import settings

    logging_config.configure(settings.LOGGING)
