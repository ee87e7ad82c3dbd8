"""Drops the indexes on business times alone, since those with the id serve the same."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("entities", "0027_business_time_indexes"),
    ]

    operations = [
        RemoveIndexConcurrently(model_name=model, name=name)
        for model, name in (
            ("deal", "deal_closed"),
            ("invoice", "invoice_due"),
            ("appointment", "appointment_start"),
            ("task", "task_due"),
            ("message", "message_time"),
        )
    ]
