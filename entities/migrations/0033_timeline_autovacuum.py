"""Let autovacuum come earlier to the timeline, whose entries pruning shortens and deletes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("entities", "0032_baseline")]

    operations = [
        migrations.RunSQL(
            """ALTER TABLE entities_timelineentry SET (
                autovacuum_vacuum_scale_factor = 0.01,
                autovacuum_vacuum_threshold = 1000,
                autovacuum_analyze_scale_factor = 0.02,
                toast.autovacuum_vacuum_scale_factor = 0.01,
                toast.autovacuum_vacuum_threshold = 1000
            )""",
            """ALTER TABLE entities_timelineentry RESET (
                autovacuum_vacuum_scale_factor,
                autovacuum_vacuum_threshold,
                autovacuum_analyze_scale_factor,
                toast.autovacuum_vacuum_scale_factor,
                toast.autovacuum_vacuum_threshold
            )""",
        ),
    ]
