"""Add the currency that is assumed where a source's vendor states none."""

from django.db import migrations, models

import crmmirror.lib.currency_codes


class Migration(migrations.Migration):
    dependencies = [("events", "0006_event_scope_index")]

    operations = [
        migrations.AddField(
            model_name="source",
            name="assumed_currency",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="The currency of amounts for which the vendor states none.",
                validators=[crmmirror.lib.currency_codes.validate_currency],
            ),
        ),
    ]
