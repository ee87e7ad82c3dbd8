"""Add how an event came. Old code, which knows only webhooks, does not name the column."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0013_trial_keys")]

    operations = [
        migrations.AddField(
            model_name="event",
            name="origin",
            field=models.TextField(
                choices=[
                    ("webhook", "webhook"),
                    ("api", "api"),
                    ("file", "file"),
                    ("listing", "listing"),
                ],
                db_default="webhook",
                default="webhook",
                help_text="How the event came: by a webhook, from the vendor's API, from a file of the"
                " vendor's, or because a complete listing lacked the record.",
            ),
        ),
    ]
