"""The project: settings, addresses, health, the embedded stack, and `lib`, the ground floor for all packages.

It puts the apps `events` and `entities` together and may import both; of it they import `crmmirror.lib` only.
What concerns one vendor, event or record does not belong here.
"""

from crmmirror.celery import app as celery_app

# Celery's own convention: the tasks of the apps bind to this application.
__all__ = ["celery_app"]
