# The index that reads the messages of a conversation in their order.

import django.db.models.functions.comparison
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # Indexes are built while the mirror runs.
    atomic = False

    dependencies = [
        ('entities', '0011_conversation'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='message',
            index=models.Index(models.F('conversation_ref'), models.F('scope'), models.F('source'), django.db.models.functions.comparison.Coalesce('occurred_at', 'first_event_at'), django.db.models.functions.comparison.Collate('external_id', 'C'), condition=models.Q(('conversation_ref__isnull', False)), name='message_conversation'),
        ),
    ]
