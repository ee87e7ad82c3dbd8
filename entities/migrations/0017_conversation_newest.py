# The index of the list of conversations, newest first.

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # Indexes are built while the mirror runs.
    atomic = False

    dependencies = [
        ('entities', '0016_audit_log'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='conversation',
            index=models.Index(models.OrderBy(models.F('last_message_at'), descending=True, nulls_last=True), name='conversation_newest'),
        ),
    ]
