"""Drop the unique key of the baseline, of which nothing but its first columns was used."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('entities', '0038_baseline_record_index'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='baselineentry', name='baseline_entry_key'),
    ]
