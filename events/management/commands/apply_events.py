"""Applies what is pending, in this process."""

from typing import Any

from django.core.management.base import BaseCommand

from events.claim import requeue
from events.drain import drain


class Command(BaseCommand):
    help = "Applies every pending event, and every failed one whose next try is due, in this process."

    def handle(self, **options: Any) -> None:
        requeue()
        self.stdout.write(f"{drain()} events settled")
