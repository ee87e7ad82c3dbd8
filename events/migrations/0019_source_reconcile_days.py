import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0018_reconciliations"),
    ]

    operations = [
        migrations.AddField(
            model_name='source',
            name='reconcile_days',
            field=models.IntegerField(blank=True, help_text="The days after which the vendor's lists are compared with the mirror again. Leave it empty to compare only on demand.", null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(366)]),
        ),
    ]
