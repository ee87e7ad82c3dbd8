"""Makes the records anew from the stored events, in place of the present ones."""

from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from events.rebuild.log_reader import estimate_log_size
from events.rebuild.replacement import replace_mirror


class Command(BaseCommand):
    help = "Makes the records anew from the stored events; their ids stay. Events may keep coming meanwhile."

    def handle(self, **options: Any) -> None:
        with tqdm(total=estimate_log_size(), unit=" events", file=self.stderr) as bar:
            rebuilt = replace_mirror(bar.update)
        self.stdout.write(
            f"rebuilt from {bar.n} events: {rebuilt.rows} rows and {rebuilt.events} events changed"
        )
