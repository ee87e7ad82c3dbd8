# The index of overdue invoices.

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # Indexes are built while the mirror runs.
    atomic = False

    dependencies = [
        ('entities', '0014_amount_open'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='invoice',
            index=models.Index(models.F('due_date'), models.F('id'), condition=models.Q(('amount_open__gt', 0), ('is_deleted', False)), name='invoice_overdue'),
        ),
    ]
