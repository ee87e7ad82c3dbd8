# The index of overdue tasks: most tasks are done, and are left out.

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # Indexes are built while the mirror runs.
    atomic = False

    dependencies = [
        ('entities', '0020_list_order_indexes'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='task',
            index=models.Index(models.F('due_at'), condition=models.Q(('is_deleted', False), ('is_placeholder', False), ('completed_at__isnull', True)), name='task_to_do'),
        ),
    ]
