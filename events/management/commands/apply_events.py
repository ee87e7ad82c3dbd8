"""Applies what is pending, in this process."""

from typing import Any

from django.core.management.base import BaseCommand

from events.processing.drain import drain_backlog
from events.processing.outcomes import requeue_due_events


class Command(BaseCommand):
    help = "Applies every pending event, and every failed one whose next try is due, in this process."

    def handle(self, **options: Any) -> None:
        requeue_due_events()
        self.stdout.write(f"{drain_backlog()} events settled")
