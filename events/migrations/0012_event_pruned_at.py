"""Add when an event was pruned, the index of those that may be, and settings of autovacuum for a large log.

Each operation may be run twice: the index is built while the mirror runs, outside of a transaction.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

# PostgreSQL's default waits for a fifth of the table to be dead. The space of pruned bodies would come back
# only after 200,000 of a million, and the log would grow by as much meanwhile.
TUNE_AUTOVACUUM = """
    ALTER TABLE IF EXISTS events_event SET (
        autovacuum_vacuum_scale_factor = 0.01,
        autovacuum_vacuum_threshold = 1000,
        autovacuum_analyze_scale_factor = 0.02,
        toast.autovacuum_vacuum_scale_factor = 0.01,
        toast.autovacuum_vacuum_threshold = 1000
    )
"""
RESET_AUTOVACUUM = """
    ALTER TABLE IF EXISTS events_event RESET (
        autovacuum_vacuum_scale_factor,
        autovacuum_vacuum_threshold,
        autovacuum_analyze_scale_factor,
        toast.autovacuum_vacuum_scale_factor,
        toast.autovacuum_vacuum_threshold
    )
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0011_source_keep_days")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE events_event ADD COLUMN IF NOT EXISTS pruned_at timestamptz NULL",
            "ALTER TABLE events_event DROP COLUMN IF EXISTS pruned_at",
            state_operations=[
                migrations.AddField(
                    model_name="event",
                    name="pruned_at",
                    field=models.DateTimeField(
                        help_text="When the body and the headers were removed; empty while the event has"
                        " them.",
                        null=True,
                    ),
                )
            ],
        ),
        migrations.RunSQL(TUNE_AUTOVACUUM, RESET_AUTOVACUUM),
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(
                condition=models.Q(("pruned_at__isnull", True), ("status__in", ("applied", "ignored"))),
                fields=["source", "received_at", "id"],
                name="event_prunable",
            ),
        ),
    ]
