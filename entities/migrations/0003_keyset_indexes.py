# Indexes of the orders in which the API pages through records.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('entities', '0002_api_token'),
        ('events', '0002_refusals_and_token_buckets'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='appointment',
            name='appointment_created',
        ),
        migrations.RemoveIndex(
            model_name='appointment',
            name='appointment_changed',
        ),
        migrations.RemoveIndex(
            model_name='client',
            name='client_created',
        ),
        migrations.RemoveIndex(
            model_name='client',
            name='client_changed',
        ),
        migrations.RemoveIndex(
            model_name='contact',
            name='contact_created',
        ),
        migrations.RemoveIndex(
            model_name='contact',
            name='contact_changed',
        ),
        migrations.RemoveIndex(
            model_name='deal',
            name='deal_created',
        ),
        migrations.RemoveIndex(
            model_name='deal',
            name='deal_changed',
        ),
        migrations.RemoveIndex(
            model_name='formsubmission',
            name='formsubmission_created',
        ),
        migrations.RemoveIndex(
            model_name='formsubmission',
            name='formsubmission_changed',
        ),
        migrations.RemoveIndex(
            model_name='invoice',
            name='invoice_created',
        ),
        migrations.RemoveIndex(
            model_name='invoice',
            name='invoice_changed',
        ),
        migrations.RemoveIndex(
            model_name='lead',
            name='lead_created',
        ),
        migrations.RemoveIndex(
            model_name='lead',
            name='lead_changed',
        ),
        migrations.RemoveIndex(
            model_name='message',
            name='message_created',
        ),
        migrations.RemoveIndex(
            model_name='message',
            name='message_changed',
        ),
        migrations.RemoveIndex(
            model_name='payment',
            name='payment_created',
        ),
        migrations.RemoveIndex(
            model_name='payment',
            name='payment_changed',
        ),
        migrations.RemoveIndex(
            model_name='quotation',
            name='quotation_created',
        ),
        migrations.RemoveIndex(
            model_name='quotation',
            name='quotation_changed',
        ),
        migrations.RemoveIndex(
            model_name='subaccount',
            name='subaccount_created',
        ),
        migrations.RemoveIndex(
            model_name='subaccount',
            name='subaccount_changed',
        ),
        migrations.RemoveIndex(
            model_name='task',
            name='task_created',
        ),
        migrations.RemoveIndex(
            model_name='task',
            name='task_changed',
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(models.F('created_at'), models.F('id'), name='appointment_oldest'),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='appointment_newest'),
        ),
        migrations.AddIndex(
            model_name='appointment',
            index=models.Index(models.F('changed_at'), models.F('id'), name='appointment_changed'),
        ),
        migrations.AddIndex(
            model_name='client',
            index=models.Index(models.F('created_at'), models.F('id'), name='client_oldest'),
        ),
        migrations.AddIndex(
            model_name='client',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='client_newest'),
        ),
        migrations.AddIndex(
            model_name='client',
            index=models.Index(models.F('changed_at'), models.F('id'), name='client_changed'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(models.F('created_at'), models.F('id'), name='contact_oldest'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='contact_newest'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(models.F('changed_at'), models.F('id'), name='contact_changed'),
        ),
        migrations.AddIndex(
            model_name='deal',
            index=models.Index(models.F('created_at'), models.F('id'), name='deal_oldest'),
        ),
        migrations.AddIndex(
            model_name='deal',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='deal_newest'),
        ),
        migrations.AddIndex(
            model_name='deal',
            index=models.Index(models.F('changed_at'), models.F('id'), name='deal_changed'),
        ),
        migrations.AddIndex(
            model_name='formsubmission',
            index=models.Index(models.F('created_at'), models.F('id'), name='formsubmission_oldest'),
        ),
        migrations.AddIndex(
            model_name='formsubmission',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='formsubmission_newest'),
        ),
        migrations.AddIndex(
            model_name='formsubmission',
            index=models.Index(models.F('changed_at'), models.F('id'), name='formsubmission_changed'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(models.F('created_at'), models.F('id'), name='invoice_oldest'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='invoice_newest'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(models.F('changed_at'), models.F('id'), name='invoice_changed'),
        ),
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(models.F('created_at'), models.F('id'), name='lead_oldest'),
        ),
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='lead_newest'),
        ),
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(models.F('changed_at'), models.F('id'), name='lead_changed'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(models.F('created_at'), models.F('id'), name='message_oldest'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='message_newest'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(models.F('changed_at'), models.F('id'), name='message_changed'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(models.F('created_at'), models.F('id'), name='payment_oldest'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='payment_newest'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(models.F('changed_at'), models.F('id'), name='payment_changed'),
        ),
        migrations.AddIndex(
            model_name='quotation',
            index=models.Index(models.F('created_at'), models.F('id'), name='quotation_oldest'),
        ),
        migrations.AddIndex(
            model_name='quotation',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='quotation_newest'),
        ),
        migrations.AddIndex(
            model_name='quotation',
            index=models.Index(models.F('changed_at'), models.F('id'), name='quotation_changed'),
        ),
        migrations.AddIndex(
            model_name='subaccount',
            index=models.Index(models.F('created_at'), models.F('id'), name='subaccount_oldest'),
        ),
        migrations.AddIndex(
            model_name='subaccount',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='subaccount_newest'),
        ),
        migrations.AddIndex(
            model_name='subaccount',
            index=models.Index(models.F('changed_at'), models.F('id'), name='subaccount_changed'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(models.F('created_at'), models.F('id'), name='task_oldest'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True, nulls_last=True), models.OrderBy(models.F('id'), descending=True), name='task_newest'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(models.F('changed_at'), models.F('id'), name='task_changed'),
        ),
    ]
