"""The Celery application: wake-ups travel through the broker, data never does."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crmmirror.settings")

app = Celery("crmmirror")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
