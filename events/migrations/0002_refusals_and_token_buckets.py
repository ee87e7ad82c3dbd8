"""Rename rejections to refusals and allowances to token buckets, and reword help texts.

Rows, indexes and granted permissions stay.
"""

import django.db.models.deletion
import django.db.models.functions.comparison
import crmmirror.lib.web.allowed_networks
from django.db import migrations, models

OLD, NEW = "rejection", "refusal"
# Only their help texts change, so these run no SQL.
REWORDED_FIELDS = [
    ("source", "prefix", models.TextField(blank=True, help_text="The text before the signature, such as sha256=")),
    (
        "source",
        "allowed_networks",
        models.TextField(
            blank=True,
            db_default="",
            default="",
            help_text="One network per line. Leave it empty to allow all.",
            validators=[crmmirror.lib.web.allowed_networks.validate_networks],
        ),
    ),
    (
        "event",
        "occurred_at",
        models.DateTimeField(help_text="The time in the envelope, or the time of receipt if it has none."),
    ),
    (
        "event",
        "settled_at",
        models.DateTimeField(help_text="When the event reached its present status.", null=True),
    ),
    (
        "refusalcount",
        "source",
        models.ForeignKey(
            help_text="Empty if the source is not known.",
            null=True,
            on_delete=django.db.models.deletion.CASCADE,
            to="events.source",
        ),
    ),
    ("refusalcount", "hour", models.DateTimeField(help_text="The start of the hour.")),
    (
        "refusal",
        "source",
        models.ForeignKey(
            help_text="Empty if the source is not known.",
            null=True,
            on_delete=django.db.models.deletion.CASCADE,
            to="events.source",
        ),
    ),
    ("refusal", "detail", models.TextField(help_text="The detail in the answer to the sender.")),
    (
        "refusal",
        "size",
        models.BigIntegerField(
            help_text="The announced size of the body in bytes; empty if it was chunked.", null=True
        ),
    ),
]


def rename_permissions(apps, schema_editor):
    """Rename the permissions of the renamed models, so that they stay granted to the same people."""
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="events", codename__contains=OLD
    )
    for permission in permissions:
        permission.codename = permission.codename.replace(OLD, NEW)
        permission.name = permission.name.replace(OLD, NEW)
        permission.save()


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RenameModel("RejectionCount", "RefusalCount"),
        migrations.RenameModel("Rejection", "Refusal"),
        migrations.RenameModel("Allowance", "TokenBucket"),
        migrations.RenameField("TokenBucket", "spent_until", "full_at"),
        migrations.RenameIndex("RefusalCount", new_name="refusals_hour", old_name="rejections_hour"),
        migrations.RenameIndex("Refusal", new_name="refusal_sample", old_name="rejection_sample"),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER INDEX rejections_of_an_hour RENAME TO refusals_of_an_hour",
                    "ALTER INDEX refusals_of_an_hour RENAME TO rejections_of_an_hour",
                )
            ],
            state_operations=[
                migrations.RemoveConstraint("RefusalCount", "rejections_of_an_hour"),
                migrations.AddConstraint(
                    "RefusalCount",
                    models.UniqueConstraint(
                        django.db.models.functions.comparison.Coalesce("source", 0),
                        models.F("reason"),
                        models.F("hour"),
                        name="refusals_of_an_hour",
                    ),
                ),
            ],
        ),
        *(migrations.AlterField(model, name, field) for model, name, field in REWORDED_FIELDS),
        migrations.RunPython(rename_permissions, migrations.RunPython.noop, elidable=True),
    ]
