"""Indexes on the business times with the id, by which the API pages in the order of these times."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("entities", "0026_sql_reader"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name=model,
            index=models.Index(models.F(column), models.F("id"), name=name),
        )
        for model, column, name in (
            ("lead", "stage_since", "lead_by_stage_since"),
            ("deal", "closed_at", "deal_by_closed_at"),
            ("invoice", "due_date", "invoice_by_due_date"),
            ("payment", "paid_at", "payment_by_paid_at"),
            ("appointment", "starts_at", "appointment_by_starts_at"),
            ("task", "due_at", "task_by_due_at"),
            ("message", "occurred_at", "message_by_occurred_at"),
            ("formsubmission", "submitted_at", "form_submission_by_time"),
        )
    ]
