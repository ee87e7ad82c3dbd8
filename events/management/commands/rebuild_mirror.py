"""`manage.py rebuild_mirror`: rebuilds the records from the stored events, in place of the old ones."""

from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from events.management.migrated_database import require_migrations
from events.rebuild.log_reader import estimate_log_size
from events.rebuild.replacement import replace_mirror


class Command(BaseCommand):
    help = "Rebuilds the records from the stored events. Ids stay the same. Events may keep coming meanwhile."

    def handle(self, **options: Any) -> None:
        with (
            require_migrations(),
            tqdm(total=estimate_log_size(), unit=" events", file=self.stderr) as bar,
        ):
            result = replace_mirror(bar.update)
        self.stdout.write(
            f"rebuilt from {bar.n} events: "
            f"{result.changed_rows} rows and {result.changed_events} events changed"
        )
