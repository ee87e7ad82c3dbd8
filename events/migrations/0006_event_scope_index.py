# The index of the events of one sub-account. No event is in it before it is processed.

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # Indexes are built while the mirror runs.
    atomic = False

    dependencies = [
        ('events', '0005_event_scope'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='event',
            index=models.Index(condition=models.Q(('scope__isnull', False)), fields=['scope', 'source', '-id'], name='event_by_scope'),
        ),
    ]
