"""Indexes for the order of the admin's lists of invoices, appointments, tasks and messages."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("entities", "0019_viewed_record"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="invoice",
            index=models.Index(fields=["due_date"], name="invoice_due"),
        ),
        AddIndexConcurrently(
            model_name="appointment",
            index=models.Index(fields=["starts_at"], name="appointment_start"),
        ),
        AddIndexConcurrently(
            model_name="task",
            index=models.Index(fields=["due_at"], name="task_due"),
        ),
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(fields=["occurred_at"], name="message_time"),
        ),
    ]
