"""Adds the table of the events behind the counts of a load."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0016_loads")]

    operations = [
        migrations.CreateModel(
            name="LoadedEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.TextField(
                        choices=[
                            ("new", "New"),
                            ("changed", "Changed"),
                            ("unchanged", "Unchanged"),
                            ("failed", "Failed"),
                        ]
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="events.event",
                    ),
                ),
                (
                    "progress",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="loaded_events",
                        to="events.resourceprogress",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="loadedevent",
            constraint=models.UniqueConstraint(
                fields=("progress", "kind", "event"), name="loaded_event_once"
            ),
        ),
    ]
