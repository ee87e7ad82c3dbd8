"""`manage.py export_events`: writes the log as an archive, which `import_events --log` reads."""

from argparse import ArgumentTypeError
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from entities.audit import identify_command
from events.archive.archive_files import UnusableArchive
from events.archive.archive_lines import ExportLimits
from events.archive.log_export import PrunedEvents, export_log, read_start
from events.archive.log_mark import UnusableMark
from events.management.migrated_database import require_migrations
from events.sources.registry import UnknownSource


class Command(BaseCommand):
    help = (
        "Writes the stored events to a file, with their bytes, times, headers and states, one JSON object a"
        " line. Events may keep coming meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="- for the standard output")
        parser.add_argument("--source", action="append", default=[], metavar="SLUG", help="only of it")
        parser.add_argument("--since", type=moment, metavar="TIME", help="received at TIME or later")
        parser.add_argument("--until", type=moment, metavar="TIME", help="received before TIME")
        parser.add_argument(
            "--after",
            type=Path,
            metavar="PREVIOUS",
            help="what an earlier archive with the same limits, or a backup, does not have",
        )
        parser.add_argument(
            "--without-pruned", action="store_true", help="leave pruned events out, which have no body"
        )
        parser.add_argument("--compress", action="store_true", help="gzip, whatever the file's name")

    def handle(
        self, *, file: Path, after: Path | None, compress: bool, without_pruned: bool, **options: Any
    ) -> None:
        limits = ExportLimits(tuple(sorted(set(options["source"]))), options["since"], options["until"])
        try:
            with require_migrations(), tqdm(unit=" events", file=self.stderr, disable=None) as bar:
                start = read_start(after, limits) if after else None
                exported = export_log(
                    file,
                    limits,
                    start,
                    compress=compress,
                    progress=bar.update,
                    actor=identify_command("export_events"),
                    without_pruned=without_pruned,
                )
        except (UnknownSource, UnusableArchive, PrunedEvents) as error:
            raise CommandError(str(error)) from None
        except UnusableMark as error:
            raise CommandError(f"cannot go on from {after}: {error}; or export without --after") from None
        self.stderr.write(f"{exported.events} events exported")
        if exported.pruned:
            self.stderr.write(
                f"{exported.pruned} pruned events are left out: a backup has what is kept of them"
            )


def moment(text: str) -> datetime:
    """Parse a time in ISO 8601, in UTC if it has no offset. Raises ArgumentTypeError."""
    try:
        parsed = datetime.fromisoformat(text)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ArgumentTypeError(
            f"{text!r} is not a time in ISO 8601, such as 2026-03-01 or 2026-03-01T09:30+04:00"
        ) from None
