"""`manage.py subject`: exports or erases what the mirror holds of a person, or lifts an erasure."""

from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from entities.audit import identify_command, write_audit_entry
from entities.erasure.redaction import is_person
from entities.models import AuditAction
from entities.models.introspection import entities_by_name, entity_name, model_name
from entities.writing.source_statement import SourceKey
from events.management.migrated_database import require_migrations
from events.models import Source
from events.privacy.erase import ErasureReport, erase_subject, lift_erasure, preview_erasure
from events.privacy.extension import settle_arrived_events
from events.privacy.person_export import export_person
from events.privacy.subject_search import NobodyFound, SubjectQuery
from events.privacy.touched_tables import vacuum_touched_tables
from events.sources.registry import UnknownSource, get_source

ACTOR = identify_command("subject")
PERSON_TYPES = sorted(name for name, model in entities_by_name().items() if is_person(model))
MAX_LISTED_KEYS = 50


class Command(BaseCommand):
    help = (
        "Exports (JSON lines on standard output) or erases what the mirror holds of a person, or lifts an"
        " erasure, so that what comes from then on is stored again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["export", "erase", "lift"])
        parser.add_argument(
            "--email", action="append", default=[], help="an email of the person; may be repeated"
        )
        parser.add_argument(
            "--phone", action="append", default=[], help="a phone of the person, in any notation"
        )
        parser.add_argument(
            "--id", action="append", default=[], help="the id of a record of the person in the CRM"
        )
        parser.add_argument("--source", default="", help="only look in this source")
        parser.add_argument(
            "--sub-account", help="only look in this sub-account of the source; '' for what is in none"
        )
        parser.add_argument(
            "--type", default="", choices=["", *PERSON_TYPES], help="the kind of record of --id"
        )
        parser.add_argument("--dry-run", action="store_true", help="only list what erase would change")

    def handle(self, *, action: str, dry_run: bool, **options: Any) -> None:
        actions: dict[str, Callable[[SubjectQuery], None]] = {
            "export": self._export,
            "erase": self._preview if dry_run else self._erase,
            "lift": self._lift,
        }
        if dry_run and action != "erase":
            raise CommandError("--dry-run goes with erase only")
        with require_migrations():
            try:
                actions[action](_make_query(options))
            except NobodyFound as error:
                raise CommandError(str(error)) from None

    def _export(self, query: SubjectQuery) -> None:
        count = 0
        for line in export_person(query):
            self.stdout.write(line)
            count += 1
        write_audit_entry(ACTOR, AuditAction.PERSON_EXPORTED, None, found_by=query.kinds, lines=count)

    def _preview(self, query: SubjectQuery) -> None:
        self._print_report(preview_erasure(query), "would be")
        self.stdout.write("nothing was changed")

    def _erase(self, query: SubjectQuery) -> None:
        report = erase_subject(query, ACTOR)
        # What arrived meanwhile is pending, with his values.
        settle_arrived_events()
        self._print_report(report, "were")
        vacuum_touched_tables()
        self.stdout.write("vacuumed the tables; backups and archives from before still have the person")

    def _lift(self, query: SubjectQuery) -> None:
        count = lift_erasure(query, ACTOR)
        self.stdout.write(f"{count} erasures lifted: what the vendor sends from now on is stored whole")

    def _print_report(self, report: ErasureReport, verb: str) -> None:
        slugs = dict(Source.objects.values_list("pk", "slug"))
        for keys, what in (
            (report.own, f"records {verb} deleted"),
            (report.referring, f"records that refer to the person {verb} rid of what they say of him"),
            (report.others, f"other records {verb} rid of values in which an address of his stands"),
        ):
            self.stdout.write(f"{len(keys)} {what}")
            for key in keys[:MAX_LISTED_KEYS]:
                self.stdout.write(f"  {_describe_key(key, slugs)}")
            if len(keys) > MAX_LISTED_KEYS:
                self.stdout.write(f"  and {len(keys) - MAX_LISTED_KEYS} more")
        self.stdout.write(f"{report.events} events {verb} emptied")
        for what, count in report.traces.items():
            self.stdout.write(f"{count} {what.replace('_', ' ')} {verb} changed or deleted")
        if report.shared:
            self.stdout.write(
                f"{report.shared} addresses of the person stay, because records of others have them too"
            )


def _make_query(options: dict[str, Any]) -> SubjectQuery:
    source = None
    if options["source"]:
        try:
            source = get_source(options["source"])
        except UnknownSource as error:
            raise CommandError(str(error)) from None
    if options["sub_account"] is not None and source is None:
        raise CommandError("--sub-account needs --source: ids of sub-accounts are those of one source")
    query = SubjectQuery(
        emails=tuple(options["email"]),
        phones=tuple(options["phone"]),
        ids=tuple(options["id"]),
        source=source,
        scope=options["sub_account"],
        record_type=model_name(entities_by_name()[options["type"]]) if options["type"] else "",
    )
    if not query.kinds:
        raise CommandError("say who: give --email, --phone or --id")
    return query


def _describe_key(key: SourceKey, slugs: dict[int, str]) -> str:
    source_id, record = key
    place = f" of {record.scope}" if record.scope else ""
    return f"{entity_name(record.model)} {record.external_id}{place} in {slugs[source_id]}"
