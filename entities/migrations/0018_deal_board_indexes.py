# The indexes of the board: the largest deals of a stage, and what was won and lost since some day.

import django.db.models.functions.comparison
import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # Indexes are built while the mirror runs.
    atomic = False

    dependencies = [
        ('entities', '0017_conversation_newest'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='deal',
            index=models.Index(models.F('status'), models.F('source'), django.db.models.functions.text.Left(django.db.models.functions.comparison.Coalesce('stage_ref', 'stage_name'), 255), models.OrderBy(models.F('value'), descending=True, nulls_last=True), models.F('id'), condition=models.Q(('is_deleted', False), ('is_placeholder', False)), name='deal_board'),
        ),
        AddIndexConcurrently(
            model_name='deal',
            index=models.Index(models.F('closed_at'), condition=models.Q(('closed_at__isnull', False)), name='deal_closed'),
        ),
    ]
