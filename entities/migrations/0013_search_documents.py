# The keys by which records are found. The table is new, so that its index blocks nobody. `rebuild_mirror` fills
# it for the records that are there.

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('entities', '0012_conversation_index'),
        ('events', '0003_source_reading'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('record_type', models.TextField(help_text="The record's model name, such as deal.")),
                ('record_id', models.BigIntegerField()),
                ('scope', models.TextField(db_default='')),
                ('keys', django.contrib.postgres.search.SearchVectorField()),
                ('source', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='events.source')),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fastupdate=True, fields=['keys'], gin_pending_list_limit=1024, name='search_document_keys')],
                'constraints': [models.UniqueConstraint(fields=('record_type', 'record_id'), name='search_document_key')],
            },
        ),
    ]
