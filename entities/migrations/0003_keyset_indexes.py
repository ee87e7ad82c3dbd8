# Indexes of the orders in which the API pages through records.

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # Indexes are built while the mirror runs.
    atomic = False

    dependencies = [
        ('entities', '0002_api_token'),
        ('events', '0002_refusals_and_token_buckets'),
    ]

    operations = [
        RemoveIndexConcurrently(
            model_name='appointment',
            name='appointment_created',
        ),
        RemoveIndexConcurrently(
            model_name='appointment',
            name='appointment_changed',
        ),
        RemoveIndexConcurrently(
            model_name='client',
            name='client_created',
        ),
        RemoveIndexConcurrently(
            model_name='client',
            name='client_changed',
        ),
        RemoveIndexConcurrently(
            model_name='contact',
            name='contact_created',
        ),
        RemoveIndexConcurrently(
            model_name='contact',
            name='contact_changed',
        ),
        RemoveIndexConcurrently(
            model_name='deal',
            name='deal_created',
        ),
        RemoveIndexConcurrently(
            model_name='deal',
            name='deal_changed',
        ),
        RemoveIndexConcurrently(
            model_name='formsubmission',
            name='formsubmission_created',
        ),
        RemoveIndexConcurrently(
            model_name='formsubmission',
            name='formsubmission_changed',
        ),
        RemoveIndexConcurrently(
            model_name='invoice',
            name='invoice_created',
        ),
        RemoveIndexConcurrently(
            model_name='invoice',
            name='invoice_changed',
        ),
        RemoveIndexConcurrently(
            model_name='lead',
            name='lead_created',
        ),
        RemoveIndexConcurrently(
            model_name='lead',
            name='lead_changed',
        ),
        RemoveIndexConcurrently(
            model_name='message',
            name='message_created',
        ),
        RemoveIndexConcurrently(
            model_name='message',
            name='message_changed',
        ),
        RemoveIndexConcurrently(
            model_name='payment',
            name='payment_created',
        ),
        RemoveIndexConcurrently(
            model_name='payment',
            name='payment_changed',
        ),
        RemoveIndexConcurrently(
            model_name='quotation',
            name='quotation_created',
        ),
        RemoveIndexConcurrently(
            model_name='quotation',
            name='quotation_changed',
        ),
        RemoveIndexConcurrently(
            model_name='subaccount',
            name='subaccount_created',
        ),
        RemoveIndexConcurrently(
            model_name='subaccount',
            name='subaccount_changed',
        ),
        RemoveIndexConcurrently(
            model_name='task',
            name='task_created',
        ),
        RemoveIndexConcurrently(
            model_name='task',
            name='task_changed',
        ),
        AddIndexConcurrently(
            model_name='appointment',
            index=models.Index(models.F('created_at'), models.F('id'), name='appointment_oldest'),
        ),
        AddIndexConcurrently(
            model_name='appointment',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='appointment_newest'),
        ),
        AddIndexConcurrently(
            model_name='appointment',
            index=models.Index(models.F('changed_at'), models.F('id'), name='appointment_changed'),
        ),
        AddIndexConcurrently(
            model_name='client',
            index=models.Index(models.F('created_at'), models.F('id'), name='client_oldest'),
        ),
        AddIndexConcurrently(
            model_name='client',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='client_newest'),
        ),
        AddIndexConcurrently(
            model_name='client',
            index=models.Index(models.F('changed_at'), models.F('id'), name='client_changed'),
        ),
        AddIndexConcurrently(
            model_name='contact',
            index=models.Index(models.F('created_at'), models.F('id'), name='contact_oldest'),
        ),
        AddIndexConcurrently(
            model_name='contact',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='contact_newest'),
        ),
        AddIndexConcurrently(
            model_name='contact',
            index=models.Index(models.F('changed_at'), models.F('id'), name='contact_changed'),
        ),
        AddIndexConcurrently(
            model_name='deal',
            index=models.Index(models.F('created_at'), models.F('id'), name='deal_oldest'),
        ),
        AddIndexConcurrently(
            model_name='deal',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='deal_newest'),
        ),
        AddIndexConcurrently(
            model_name='deal',
            index=models.Index(models.F('changed_at'), models.F('id'), name='deal_changed'),
        ),
        AddIndexConcurrently(
            model_name='formsubmission',
            index=models.Index(models.F('created_at'), models.F('id'), name='formsubmission_oldest'),
        ),
        AddIndexConcurrently(
            model_name='formsubmission',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='formsubmission_newest'),
        ),
        AddIndexConcurrently(
            model_name='formsubmission',
            index=models.Index(models.F('changed_at'), models.F('id'), name='formsubmission_changed'),
        ),
        AddIndexConcurrently(
            model_name='invoice',
            index=models.Index(models.F('created_at'), models.F('id'), name='invoice_oldest'),
        ),
        AddIndexConcurrently(
            model_name='invoice',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='invoice_newest'),
        ),
        AddIndexConcurrently(
            model_name='invoice',
            index=models.Index(models.F('changed_at'), models.F('id'), name='invoice_changed'),
        ),
        AddIndexConcurrently(
            model_name='lead',
            index=models.Index(models.F('created_at'), models.F('id'), name='lead_oldest'),
        ),
        AddIndexConcurrently(
            model_name='lead',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='lead_newest'),
        ),
        AddIndexConcurrently(
            model_name='lead',
            index=models.Index(models.F('changed_at'), models.F('id'), name='lead_changed'),
        ),
        AddIndexConcurrently(
            model_name='message',
            index=models.Index(models.F('created_at'), models.F('id'), name='message_oldest'),
        ),
        AddIndexConcurrently(
            model_name='message',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='message_newest'),
        ),
        AddIndexConcurrently(
            model_name='message',
            index=models.Index(models.F('changed_at'), models.F('id'), name='message_changed'),
        ),
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(models.F('created_at'), models.F('id'), name='payment_oldest'),
        ),
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='payment_newest'),
        ),
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(models.F('changed_at'), models.F('id'), name='payment_changed'),
        ),
        AddIndexConcurrently(
            model_name='quotation',
            index=models.Index(models.F('created_at'), models.F('id'), name='quotation_oldest'),
        ),
        AddIndexConcurrently(
            model_name='quotation',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='quotation_newest'),
        ),
        AddIndexConcurrently(
            model_name='quotation',
            index=models.Index(models.F('changed_at'), models.F('id'), name='quotation_changed'),
        ),
        AddIndexConcurrently(
            model_name='subaccount',
            index=models.Index(models.F('created_at'), models.F('id'), name='subaccount_oldest'),
        ),
        AddIndexConcurrently(
            model_name='subaccount',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='subaccount_newest'),
        ),
        AddIndexConcurrently(
            model_name='subaccount',
            index=models.Index(models.F('changed_at'), models.F('id'), name='subaccount_changed'),
        ),
        AddIndexConcurrently(
            model_name='task',
            index=models.Index(models.F('created_at'), models.F('id'), name='task_oldest'),
        ),
        AddIndexConcurrently(
            model_name='task',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='task_newest'),
        ),
        AddIndexConcurrently(
            model_name='task',
            index=models.Index(models.F('changed_at'), models.F('id'), name='task_changed'),
        ),
    ]
