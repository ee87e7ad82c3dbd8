"""Add the days that a source keeps the bodies of its events; none, the default, is for ever."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0010_event_reapplied_index")]

    operations = [
        migrations.AddField(
            model_name="source",
            name="keep_days",
            field=models.IntegerField(
                blank=True,
                help_text="The days after which the bodies of applied and ignored events are removed for good."
                " Leave it empty to keep them for ever.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(36500),
                ],
            ),
        ),
    ]
