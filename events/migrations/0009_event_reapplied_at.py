"""Add when staff last had an event applied again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0008_source_record_addresses")]

    operations = [
        migrations.AddField(
            model_name="event",
            name="reapplied_at",
            field=models.DateTimeField(
                help_text="When staff last had the event applied again; the same for all events of one act.",
                null=True,
            ),
        ),
    ]
