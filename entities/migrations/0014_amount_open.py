# What is still open of an invoice. It may be null: no table is rewritten. `rebuild_mirror` fills it in for the
# invoices that are there.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('entities', '0013_search_documents'),
    ]

    operations = [
        migrations.AddField(
            model_name='invoice',
            name='amount_open',
            field=models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
        ),
    ]
