"""Index the baseline by record, without the clock: PostgreSQL keeps each record's key once."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('entities', '0037_erasure'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='baselineentry',
            index=models.Index(
                fields=['source', 'record_type', 'scope', 'external_id'], name='baseline_entry_record'
            ),
        ),
    ]
