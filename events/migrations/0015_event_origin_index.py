"""Index the events that no webhook delivered: few, and found by their origin and source."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0014_event_origin")]

    operations = [
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(
                fields=["origin", "source", "-id"],
                condition=models.Q(("origin", "webhook"), _negated=True),
                name="event_fetched",
            ),
        ),
    ]
