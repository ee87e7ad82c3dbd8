"""Makes the records anew from the stored events, in place of the present ones."""

from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from events import log, mirror


class Command(BaseCommand):
    help = "Makes the records anew from the stored events; their ids stay. Events may keep coming meanwhile."

    def handle(self, **options: Any) -> None:
        with tqdm(total=log.size(), unit=" events", file=self.stderr) as bar:
            rebuilt = mirror.rebuild(bar.update)
        self.stdout.write(
            f"rebuilt from {bar.n} events: {rebuilt.rows} rows and {rebuilt.events} events changed"
        )
