# Indexes of the order by last activity.

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # Indexes are built while the mirror runs.
    atomic = False

    dependencies = [
        ('entities', '0005_derived_times'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='appointment',
            index=models.Index(models.F('last_event_at'), models.F('id'), name='appointment_idle'),
        ),
        AddIndexConcurrently(
            model_name='appointment',
            index=models.Index(models.OrderBy(models.F('last_event_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='appointment_active'),
        ),
        AddIndexConcurrently(
            model_name='client',
            index=models.Index(models.F('last_event_at'), models.F('id'), name='client_idle'),
        ),
        AddIndexConcurrently(
            model_name='client',
            index=models.Index(models.OrderBy(models.F('last_event_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='client_active'),
        ),
        AddIndexConcurrently(
            model_name='contact',
            index=models.Index(models.F('last_event_at'), models.F('id'), name='contact_idle'),
        ),
        AddIndexConcurrently(
            model_name='contact',
            index=models.Index(models.OrderBy(models.F('last_event_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='contact_active'),
        ),
        AddIndexConcurrently(
            model_name='deal',
            index=models.Index(models.F('last_event_at'), models.F('id'), name='deal_idle'),
        ),
        AddIndexConcurrently(
            model_name='deal',
            index=models.Index(models.OrderBy(models.F('last_event_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='deal_active'),
        ),
        AddIndexConcurrently(
            model_name='formsubmission',
            index=models.Index(models.F('last_event_at'), models.F('id'), name='formsubmission_idle'),
        ),
        AddIndexConcurrently(
            model_name='formsubmission',
            index=models.Index(models.OrderBy(models.F('last_event_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='formsubmission_active'),
        ),
        AddIndexConcurrently(
            model_name='invoice',
            index=models.Index(models.F('last_event_at'), models.F('id'), name='invoice_idle'),
        ),
        AddIndexConcurrently(
            model_name='invoice',
            index=models.Index(models.OrderBy(models.F('last_event_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='invoice_active'),
        ),
        AddIndexConcurrently(
            model_name='lead',
            index=models.Index(models.F('last_event_at'), models.F('id'), name='lead_idle'),
        ),
        AddIndexConcurrently(
            model_name='lead',
            index=models.Index(models.OrderBy(models.F('last_event_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='lead_active'),
        ),
        AddIndexConcurrently(
            model_name='message',
            index=models.Index(models.F('last_event_at'), models.F('id'), name='message_idle'),
        ),
        AddIndexConcurrently(
            model_name='message',
            index=models.Index(models.OrderBy(models.F('last_event_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='message_active'),
        ),
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(models.F('last_event_at'), models.F('id'), name='payment_idle'),
        ),
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(models.OrderBy(models.F('last_event_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='payment_active'),
        ),
        AddIndexConcurrently(
            model_name='quotation',
            index=models.Index(models.F('last_event_at'), models.F('id'), name='quotation_idle'),
        ),
        AddIndexConcurrently(
            model_name='quotation',
            index=models.Index(models.OrderBy(models.F('last_event_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='quotation_active'),
        ),
        AddIndexConcurrently(
            model_name='subaccount',
            index=models.Index(models.F('last_event_at'), models.F('id'), name='subaccount_idle'),
        ),
        AddIndexConcurrently(
            model_name='subaccount',
            index=models.Index(models.OrderBy(models.F('last_event_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='subaccount_active'),
        ),
        AddIndexConcurrently(
            model_name='task',
            index=models.Index(models.F('last_event_at'), models.F('id'), name='task_idle'),
        ),
        AddIndexConcurrently(
            model_name='task',
            index=models.Index(models.OrderBy(models.F('last_event_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='task_active'),
        ),
    ]
