"""Add the tables of loads from vendors' APIs: keys, budgets of requests, loads and their progress."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0015_event_origin_index'),
    ]

    operations = [
        migrations.CreateModel(
            name='RequestBudget',
            fields=[
                ('key_digest', models.TextField(primary_key=True, serialize=False)),
                ('spent', models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)),
                ('blocked_until', models.DateTimeField(null=True)),
                ('refused_in_row', models.PositiveIntegerField(db_default=0, default=0)),
            ],
        ),
        migrations.CreateModel(
            name='ApiAccess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ciphertext', models.BinaryField()),
                ('digest', models.TextField()),
                ('proven_ids', models.JSONField(db_default=models.Value([], models.JSONField()), default=list)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('source', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='api_access', to='events.source')),
            ],
            options={
                'ordering': ['source_id'],
            },
        ),
        migrations.CreateModel(
            name='Load',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('resources', models.JSONField(help_text='The names of the lists, in the order in which they are read.')),
                ('since', models.DateTimeField(help_text='Rows that have not changed since then are left out.', null=True)),
                ('trusts_ids', models.BooleanField(db_default=False, default=False)),
                ('state', models.TextField(choices=[('running', 'Running'), ('paused', 'Paused'), ('stopped', 'Stopped'), ('done', 'Done')], db_default='running', default='running')),
                ('reason', models.TextField(db_default='', default='', help_text='Why it is paused or stopped, in one line; else empty.')),
                ('resume_at', models.DateTimeField(null=True)),
                ('failures', models.PositiveIntegerField(db_default=0, default=0, help_text='Requests that failed since the last page.')),
                ('started_by', models.TextField(help_text="The user's name, or the command.")),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('finished_at', models.DateTimeField(null=True)),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='loads', to='events.source')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ResourceProgress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('resource', models.TextField()),
                ('position', models.PositiveIntegerField()),
                ('state', models.TextField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('stopped', 'Stopped'), ('done', 'Done')], db_default='waiting', default='waiting')),
                ('reason', models.TextField(db_default='', default='', help_text='Why it has stopped; else empty.')),
                ('cursor', models.TextField(db_default='', default='')),
                ('page', models.PositiveIntegerField(db_default=0, default=0)),
                ('listing', models.PositiveIntegerField(db_default=0, default=0)),
                ('began_at', models.DateTimeField(null=True)),
                ('expected', models.BigIntegerField(null=True)),
                ('new', models.BigIntegerField(db_default=0, default=0, help_text='Records that the mirror did not have.')),
                ('changed', models.BigIntegerField(db_default=0, default=0, help_text='Others that gave an event.')),
                ('unchanged', models.BigIntegerField(db_default=0, default=0, help_text='Rows that were stored before.')),
                ('failed', models.BigIntegerField(db_default=0, default=0, help_text='Rows that are no records.')),
                ('skipped', models.BigIntegerField(db_default=0, default=0, help_text='Rows that were not asked for.')),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('load', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='progress', to='events.load')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='ListedRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('external_id', models.TextField()),
                ('listing', models.PositiveIntegerField()),
                ('progress', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='listed_records', to='events.resourceprogress')),
            ],
        ),
        migrations.CreateModel(
            name='VendorSubscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('vendor_id', models.TextField(help_text="The vendor's id of the subscription.")),
                ('url', models.TextField(help_text='The address to which the vendor delivers.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='subscriptions', to='events.source')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.AddIndex(
            model_name='load',
            index=models.Index(fields=['source', '-id'], name='load_by_source'),
        ),
        migrations.AddConstraint(
            model_name='load',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('running', 'paused'))), fields=('source',), name='load_open_once', violation_error_message='The source is being loaded already.'),
        ),
        migrations.AddConstraint(
            model_name='resourceprogress',
            constraint=models.UniqueConstraint(fields=('load', 'resource'), name='load_has_resource_once'),
        ),
        migrations.AddConstraint(
            model_name='listedrecord',
            constraint=models.UniqueConstraint(fields=('progress', 'external_id'), name='listed_record_once'),
        ),
        migrations.AddConstraint(
            model_name='vendorsubscription',
            constraint=models.UniqueConstraint(fields=('source', 'vendor_id'), name='subscription_once'),
        ),
    ]
