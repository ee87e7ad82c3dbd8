import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0017_loaded_event'),
    ]

    operations = [
        migrations.CreateModel(
            name='Reconciliation',
            fields=[
                ('load', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='reconciliation', serialize=False, to='events.load')),
                ('is_dry_run', models.BooleanField(db_default=False, default=False, help_text='Nothing is mended.')),
                ('retry_hours', models.PositiveIntegerField()),
                ('compared_at', models.DateTimeField(null=True)),
                ('question', models.TextField(db_default='', default='')),
            ],
        ),
        migrations.AddField(
            model_name='load',
            name='key_digest',
            field=models.TextField(db_default='', default=''),
        ),
        migrations.AddField(
            model_name='load',
            name='purpose',
            field=models.TextField(choices=[('load', 'Load'), ('reconcile', 'Reconcile')], db_default='load', default='load'),
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('external_id', models.TextField()),
                ('kind', models.TextField(choices=[('behind', 'Behind'), ('unknown', 'Unknown'), ('gone', 'Gone')])),
                ('state', models.TextField(choices=[('found', 'Found'), ('mended', 'Mended'), ('suspected', 'Suspected'), ('asked', 'Asked'), ('present', 'Present')])),
                ('day', models.DateField()),
                ('columns', models.JSONField(db_default=models.Value([], models.JSONField()), default=list)),
                ('event', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='events.event')),
                ('progress', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='events.resourceprogress')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('progress', 'external_id'), name='finding_once')],
            },
        ),
    ]
