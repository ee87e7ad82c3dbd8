# The name that the admin shows in place of a source's slug.

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0003_source_reading'),
    ]

    operations = [
        migrations.AddField(
            model_name='source',
            name='label',
            field=models.TextField(blank=True, db_default='', default='', help_text='The name that the admin shows in place of the slug.', validators=[django.core.validators.MaxLengthValidator(100)]),
        ),
    ]
