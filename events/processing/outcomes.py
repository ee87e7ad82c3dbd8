"""Records the outcomes of events, and schedules the next attempt of failed events (with back-off)."""

from collections.abc import Iterable

from crmmirror.lib.database.cursors import execute, fetch_rows
from crmmirror.lib.json_text import dump_json
from entities.stored_events import ProcessingOutcome
from events.monitoring.metrics import SettledEvent

MAX_ATTEMPTS = 8
# Back-off: the first pause; each further one is four times as long.
FIRST_BACK_OFF_SECONDS = 10
BACK_OFF_FACTOR = 4

# The fields of `entities.stored_events.ProcessingOutcome` and their types, as PostgreSQL reads them from the
# JSON of `dump_outcomes`.
OUTCOME_COLUMNS = {
    "event_id": "bigint",
    "verdict": "text",
    "warnings": "jsonb",
    "error": "text",
    "retry": "boolean",
    "event_type": "text",
    "occurred_at": "timestamptz",
    "scope": "text",
}
OUTCOME_COLUMN_TYPES = ", ".join(f"{name} {type}" for name, type in OUTCOME_COLUMNS.items())
OUTCOME_RECORDSET = f"jsonb_to_recordset(%s::jsonb) AS outcome ({OUTCOME_COLUMN_TYPES})"

RECORD_OUTCOMES = f"""
    UPDATE events_event event SET
        status = outcome.verdict,
        warnings = outcome.warnings,
        error = outcome.error,
        event_type = coalesce(outcome.event_type, event.event_type),
        occurred_at = coalesce(outcome.occurred_at, event.occurred_at),
        scope = outcome.scope,
        attempts = event.attempts + 1,
        settled_at = clock_timestamp(),
        next_attempt_at = CASE WHEN outcome.retry AND event.attempts + 1 < {MAX_ATTEMPTS}
            THEN clock_timestamp()
                + make_interval(
                    secs => {FIRST_BACK_OFF_SECONDS} * power({BACK_OFF_FACTOR}, event.attempts)
                ) END
    FROM {OUTCOME_RECORDSET}
    WHERE event.id = outcome.event_id
    RETURNING (SELECT slug FROM events_source WHERE id = event.source_id), event.status, event.attempts,
        extract(epoch FROM event.settled_at - event.received_at)::float
"""
REQUEUE_DUE = """
    UPDATE events_event SET status = 'pending', next_attempt_at = NULL
    WHERE status = 'failed' AND next_attempt_at <= now()
"""


def record_outcomes(outcomes: Iterable[ProcessingOutcome]) -> list[SettledEvent]:
    """Update the events' status, warnings, reason and next attempt; return them for the metrics."""
    return [SettledEvent(*row) for row in fetch_rows(RECORD_OUTCOMES, dump_outcomes(outcomes))]


def dump_outcomes(outcomes: Iterable[ProcessingOutcome]) -> str:
    """Return the outcomes as a JSON array of objects, the parameter of OUTCOME_RECORDSET."""
    return dump_json([{name: getattr(outcome, name) for name in OUTCOME_COLUMNS} for outcome in outcomes])


def requeue_due_events() -> int:
    """Make failed events pending again whose next attempt is due; return how many."""
    return execute(REQUEUE_DUE)
