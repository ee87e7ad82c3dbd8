"""Build the index of the events that staff had applied again; no other event is in it."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Indexes are built while the mirror runs.
    atomic = False

    dependencies = [("events", "0009_event_reapplied_at")]

    operations = [
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(
                models.F("reapplied_at"),
                condition=models.Q(("reapplied_at__isnull", False)),
                name="event_reapplied",
            ),
        ),
    ]
