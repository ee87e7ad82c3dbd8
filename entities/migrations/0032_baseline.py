"""Create the baseline: what is kept of the events whose bodies have been removed."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('entities', '0031_token_record_types'),
        ('events', '0012_event_pruned_at'),
    ]

    operations = [
        migrations.CreateModel(
            name='BaselineEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('record_type', models.TextField(help_text="The record's model name, such as deal.")),
                ('scope', models.TextField()),
                ('external_id', models.TextField()),
                ('clock', models.TextField(db_collation='C')),
                ('writes', models.JSONField()),
                ('unreadable', models.JSONField()),
                ('event', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='events.event')),
                ('source', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='events.source')),
            ],
            options={
                'verbose_name_plural': 'baseline entries',
                'default_permissions': (),
                'indexes': [models.Index(fields=['event'], name='baseline_entry_event')],
                'constraints': [models.UniqueConstraint(fields=('source', 'record_type', 'scope', 'external_id', 'clock'), name='baseline_entry_key')],
            },
        ),
    ]
