"""Add how the values in a source's events are read: its time zone, and the region of its phone numbers."""

import django.core.validators
from django.db import migrations, models

import crmmirror.lib.time_zones


class Migration(migrations.Migration):
    dependencies = [("events", "0002_refusals_and_token_buckets")]

    operations = [
        migrations.AddField(
            model_name="source",
            name="time_zone",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="The time zone in which a date that is written in UTC is a day; UTC if empty.",
                validators=[crmmirror.lib.time_zones.validate_time_zone],
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="default_region",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="The country of phone numbers without a country code.",
                validators=[
                    django.core.validators.RegexValidator(
                        "^[A-Z]{2}\\Z",
                        "write the two capital letters by which ISO 3166 has a country, such as AE",
                    )
                ],
            ),
        ),
    ]
