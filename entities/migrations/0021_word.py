# The words in use, which a rebuild fills from the events that are already stored.


import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('entities', '0023_task_to_do_index'),
        ('events', '0003_source_reading'),
    ]

    operations = [
        migrations.CreateModel(
            name='Word',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.TextField(db_default='', help_text="The vendor's sub-account id, or empty.")),
                ('record_type', models.TextField(help_text="The model's name, in lower case.")),
                ('field', models.TextField(help_text='The column.')),
                ('word', models.TextField()),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='events.source')),
            ],
            options={
                'ordering': ['word'],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('record_type', 'source', 'scope', 'field', 'word'), name='word_key')],
            },
        ),
    ]
