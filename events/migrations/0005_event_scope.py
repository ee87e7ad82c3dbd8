# The sub-account of each event, which is set when the event is processed, and by a rebuild.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0004_source_label'),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='scope',
            field=models.TextField(help_text='The id of the sub-account that the event is of; empty if it is of none or several.', null=True),
        ),
    ]
