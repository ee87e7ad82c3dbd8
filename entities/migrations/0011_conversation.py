# Conversations, which a rebuild fills from the events that are already stored.

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('entities', '0010_names'),
        ('events', '0003_source_reading'),
    ]

    operations = [
        migrations.CreateModel(
            name='Conversation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.TextField(db_default='', help_text="The vendor's sub-account id, or empty.")),
                ('ref', models.TextField(help_text="The vendor's id of the conversation.")),
                ('contact_ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), db_default=models.Value([], django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)), help_text='The contacts of its inbound messages, in ascending order.', size=None)),
                ('message_count', models.BigIntegerField(db_default=0)),
                ('first_message_at', models.DateTimeField(null=True)),
                ('last_message_at', models.DateTimeField(null=True)),
                ('last_inbound_at', models.DateTimeField(null=True)),
                ('last_outbound_at', models.DateTimeField(null=True)),
                ('unanswered_since', models.DateTimeField(help_text='When the first inbound message after the last outbound one came; empty if none did.', null=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.AddField(
            model_name='conversation',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='events.source'),
        ),
        migrations.AddIndex(
            model_name='conversation',
            index=django.contrib.postgres.indexes.GinIndex(fields=['contact_ids'], name='conversation_contacts'),
        ),
        migrations.AddConstraint(
            model_name='conversation',
            constraint=models.UniqueConstraint(fields=('source', 'scope', 'ref'), name='conversation_key'),
        ),
    ]
