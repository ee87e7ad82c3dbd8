"""The command that prunes: what it prints, and that a dry run changes nothing."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from crmmirror.lib.database.cursors import execute
from entities.writing.mirror_lock import PRUNING_KEY, prevent_pruning, try_lock_for_pruning
from events.models import Event, Source
from events.processing.drain import drain_backlog
from events.pruning import compaction, prune
from events.sources.registry import create_source
from tests.support.database_sessions import open_session, use_session
from tests.support.open_transactions import ending_once, open_transaction
from tests.support.pruning import keep_bodies_for
from tests.support.random_histories import ensure_source
from tests.support.rebuild_helpers import build_deal_body, store_bodies

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("prune_events", *arguments, stdout=output, stderr=StringIO())
    return output.getvalue()


def deliver_deals(count: int = 3) -> None:
    store_bodies(ensure_source("heffl"), [build_deal_body(second, title="A") for second in range(count)])
    drain_backlog()


def test_without_a_number_of_days_it_says_what_to_set() -> None:
    deliver_deals()
    assert run() == "every source keeps its bodies for ever: set keep_days on a source's page first\n"


def test_a_dry_run_only_counts() -> None:
    deliver_deals()
    Event.objects.filter(pk=Event.objects.latest("pk").pk).update(status=Event.Status.FAILED)
    keep_bodies_for(days=1)
    printed = run("--dry-run")
    assert printed.startswith("heffl: 2 events to prune, received before 20")
    assert printed.endswith(" UTC; 1 as old are pending, failed or malformed, and are kept\n")
    assert not Event.objects.filter(pruned_at__isnull=False).exists()


def test_it_prints_how_much_it_pruned() -> None:
    deliver_deals()
    keep_bodies_for(days=1)
    size = sum(len(event.body) for event in Event.objects.all())
    assert run().splitlines()[-1] == f"pruned 3 events, {size} bytes of bodies".replace(" bytes", "\xa0bytes")
    assert run().splitlines()[-1] == "pruned 0 events, 0\xa0bytes of bodies"


def test_it_says_how_large_the_files_are_that_it_shrinks() -> None:
    deliver_deals()
    keep_bodies_for(days=1)
    # A small file keeps the rows that earlier tests deleted.
    for table in compaction.TABLES:
        execute(f'VACUUM FULL "{table}"')
    of_log, of_timeline = run("--shrink").splitlines()[-2:]
    assert of_log.startswith("the file of events_event: 8.0\xa0KB before, ")
    assert of_timeline.startswith("the file of entities_timelineentry: 8.0\xa0KB before, ")


def test_it_names_the_events_that_the_mapping_reads_otherwise() -> None:
    deliver_deals(1)
    Event.objects.update(status=Event.Status.IGNORED)
    keep_bodies_for(days=1)
    assert run().splitlines()[-1] == (
        "1 events are kept, because their vendor's module reads them otherwise than when they were applied:"
        f" {Event.objects.get().pk}. rebuild_mirror sets that right."
    )


def test_while_a_rebuild_runs_it_says_so_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune, "LOCK_PAUSE_SECONDS", 0)
    deliver_deals()
    keep_bodies_for(days=1)
    session = open_session()
    try:
        with transaction.atomic():
            prevent_pruning()
            with use_session(session), pytest.raises(CommandError, match="a rebuild or another pruning"):
                run()
    finally:
        session.close()


def test_it_waits_for_a_batch_that_beat_prunes_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    deliver_deals()
    keep_bodies_for(days=1)
    refused: list[bool] = []

    def take_and_note() -> bool:
        taken = try_lock_for_pruning()
        refused.extend([True] * (not taken))
        return taken

    monkeypatch.setattr(prune, "try_lock_for_pruning", take_and_note)
    with (
        open_transaction(f"SELECT pg_advisory_xact_lock({PRUNING_KEY})", "beat") as beat,
        ending_once(beat, lambda: len(refused) >= 2),
    ):
        assert run().splitlines()[-1].startswith("pruned 3 events")
    assert len(refused) >= 2


def test_a_source_is_created_with_the_days_that_it_keeps_bodies() -> None:
    call_command("create_source", "acme", "--vendor", "heffl", "--keep-days", "365", stdout=StringIO())
    assert Source.objects.get(slug="acme").keep_days == 365


@pytest.mark.parametrize("days", ["0", "-1", "36501"])
def test_a_number_of_days_out_of_range_is_refused_in_one_line(days: str) -> None:
    with pytest.raises(CommandError, match=r"^keep_days: Ensure this value is"):
        call_command("create_source", "acme", "--vendor", "heffl", f"--keep-days={days}", stdout=StringIO())


def test_the_registry_keeps_bodies_for_ever_by_default() -> None:
    assert create_source("acme", "heffl")[0].keep_days is None
