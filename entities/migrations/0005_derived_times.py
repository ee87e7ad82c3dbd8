# The times of records' own events, and the beginnings of statuses and stages. They may be null: no table is
# rewritten. `rebuild_mirror` fills them in for the records that are there.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('entities', '0004_extra_omitted'),
    ]

    operations = [
        migrations.AddField(
            model_name='appointment',
            name='first_event_at',
            field=models.DateTimeField(blank=True, help_text='When the first event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='appointment',
            name='last_event_at',
            field=models.DateTimeField(blank=True, help_text='When the last event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='client',
            name='first_event_at',
            field=models.DateTimeField(blank=True, help_text='When the first event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='client',
            name='last_event_at',
            field=models.DateTimeField(blank=True, help_text='When the last event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='contact',
            name='first_event_at',
            field=models.DateTimeField(blank=True, help_text='When the first event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='contact',
            name='last_event_at',
            field=models.DateTimeField(blank=True, help_text='When the last event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='deal',
            name='first_event_at',
            field=models.DateTimeField(blank=True, help_text='When the first event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='deal',
            name='last_event_at',
            field=models.DateTimeField(blank=True, help_text='When the last event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='deal',
            name='lost_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='deal',
            name='stage_since',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='deal',
            name='status_since',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='deal',
            name='won_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='formsubmission',
            name='first_event_at',
            field=models.DateTimeField(blank=True, help_text='When the first event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='formsubmission',
            name='last_event_at',
            field=models.DateTimeField(blank=True, help_text='When the last event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='invoice',
            name='first_event_at',
            field=models.DateTimeField(blank=True, help_text='When the first event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='invoice',
            name='last_event_at',
            field=models.DateTimeField(blank=True, help_text='When the last event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='lead',
            name='first_event_at',
            field=models.DateTimeField(blank=True, help_text='When the first event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='lead',
            name='last_event_at',
            field=models.DateTimeField(blank=True, help_text='When the last event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='lead',
            name='stage_since',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='message',
            name='first_event_at',
            field=models.DateTimeField(blank=True, help_text='When the first event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='message',
            name='last_event_at',
            field=models.DateTimeField(blank=True, help_text='When the last event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='payment',
            name='first_event_at',
            field=models.DateTimeField(blank=True, help_text='When the first event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='payment',
            name='last_event_at',
            field=models.DateTimeField(blank=True, help_text='When the last event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='quotation',
            name='first_event_at',
            field=models.DateTimeField(blank=True, help_text='When the first event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='quotation',
            name='last_event_at',
            field=models.DateTimeField(blank=True, help_text='When the last event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='subaccount',
            name='first_event_at',
            field=models.DateTimeField(blank=True, help_text='When the first event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='subaccount',
            name='last_event_at',
            field=models.DateTimeField(blank=True, help_text='When the last event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='task',
            name='first_event_at',
            field=models.DateTimeField(blank=True, help_text='When the first event about the record itself happened.', null=True),
        ),
        migrations.AddField(
            model_name='task',
            name='last_event_at',
            field=models.DateTimeField(blank=True, help_text='When the last event about the record itself happened.', null=True),
        ),
    ]
