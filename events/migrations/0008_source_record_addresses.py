"""Add the addresses of a source's records in the CRM."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0007_source_assumed_currency")]

    operations = [
        migrations.AddField(
            model_name="source",
            name="record_addresses",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="The addresses of records in the CRM, one kind of record a line.",
            ),
        ),
    ]
