"""`manage.py apply_events`: applies pending events without a worker."""

from typing import Any

from django.core.management.base import BaseCommand

from events.management.migrated_database import require_migrations
from events.privacy.extension import extend_erasures
from events.processing.drain import drain_backlog
from events.processing.outcomes import requeue_due_events


class Command(BaseCommand):
    help = "Applies every pending event, and every failed event whose next attempt is due, in this process."

    def handle(self, **options: Any) -> None:
        with require_migrations():
            requeue_due_events()
            count = drain_backlog()
            while extended := extend_erasures():
                count += extended + drain_backlog()
            self.stdout.write(f"{count} events settled")
