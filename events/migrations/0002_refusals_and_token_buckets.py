"""One word for one thing: what was a rejection is a refusal, what was an allowance is a token bucket.

Rows, indexes and granted permissions stay.
"""

import django.db.models.functions.comparison
from django.db import migrations, models

OLD, NEW = "rejection", "refusal"


def rename_permissions(apps, schema_editor):
    """Give who could view rejections the same right to refusals: Django names permissions after models."""
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
        migrations.RunPython(rename_permissions, migrations.RunPython.noop, elidable=True),
    ]
