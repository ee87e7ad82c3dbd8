"""Replaces the mirror with one that is rebuilt from the log."""

from dataclasses import dataclass

from django.db import transaction

from crmmirror.lib.database.cursors import execute, fetch_value
from entities.feed.numbering import number_changes
from entities.shadow.shadow_tables import replace_live_tables
from entities.stored_events import ProcessingOutcome
from entities.writing.mirror_lock import lock_for_replacing, prevent_pruning, wait_for_running_batches
from events.processing.outcomes import OUTCOME_COLUMN_TYPES, OUTCOME_RECORDSET, dump_outcomes
from events.rebuild.folding import Progress, fold_baseline, fold_batches, shadow_tables
from events.rebuild.log_reader import read_log, read_settled_since

CREATE_OUTCOME_TABLE = f"CREATE TEMPORARY TABLE new_outcome ({OUTCOME_COLUMN_TYPES}) ON COMMIT DROP"
INSERT_OUTCOMES = f"INSERT INTO new_outcome SELECT * FROM {OUTCOME_RECORDSET}"
SETTLED_SINCE = "event.settled_at >= '{moment}'"
UPDATE_EVENTS = """
    UPDATE events_event event
    SET status = verdict, warnings = new.warnings, error = new.error, next_attempt_at = NULL,
        settled_at = clock_timestamp(),
        event_type = coalesce(new.event_type, event.event_type),
        occurred_at = coalesce(new.occurred_at, event.occurred_at),
        scope = new.scope
    FROM (SELECT DISTINCT ON (event_id) * FROM new_outcome ORDER BY event_id, verdict) new
    WHERE event.id = event_id AND event.status <> 'pending'
        AND (event.status, event.warnings, event.error, event.event_type, event.occurred_at, event.scope)
            IS DISTINCT FROM (verdict, new.warnings, new.error, coalesce(new.event_type, event.event_type),
                coalesce(new.occurred_at, event.occurred_at), new.scope)
"""


@dataclass(frozen=True)
class ReplacedMirror:
    """The result of a replacement: how much the old mirror differed.

    changed_rows: rows of records and timelines.
    changed_events: events whose status, warnings, reason, or columns from the envelope changed.
    """

    changed_rows: int
    changed_events: int


def replace_mirror(progress: Progress) -> ReplacedMirror:
    """Replace the mirror in one transaction, while events may keep coming and being applied.

    1. Fold the baseline and the whole log while the workers go on, and nothing is pruned.
    2. Stop the workers, and fold the events that they have settled since step 1 began.
    3. Make the live tables and the events' statuses equal to the result.
    4. After the commit, give the changes their numbers in the feed.
    """
    replaced = _replace_in_transaction(progress)
    number_changes()
    return replaced


def _replace_in_transaction(progress: Progress) -> ReplacedMirror:
    with transaction.atomic():
        prevent_pruning()
        # The order matters: a worker that settled events before `started_at` already holds its lock, and so
        # `wait_for_running_batches` waits for its commit. Otherwise both steps would miss its events.
        started_at = fetch_value("SELECT clock_timestamp()")
        wait_for_running_batches()
        with shadow_tables():
            execute(CREATE_OUTCOME_TABLE)
            fold_baseline()
            fold_batches(read_log(), progress, _keep_outcomes)
            lock_for_replacing()
            # What workers have withheld of an erased person's events since then has no body, and is here.
            fold_baseline(SETTLED_SINCE.format(moment=started_at.isoformat()))
            fold_batches(read_settled_since(started_at), progress, _keep_outcomes)
        return ReplacedMirror(replace_live_tables(), execute(UPDATE_EVENTS))


def _keep_outcomes(outcomes: list[ProcessingOutcome]) -> None:
    execute(INSERT_OUTCOMES, dump_outcomes(outcomes))
