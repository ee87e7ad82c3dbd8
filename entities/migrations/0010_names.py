# Names for the vendors' bare ids. `rebuild_mirror` fills in those that the stored events have.

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('entities', '0009_user_profile'),
        ('events', '0003_source_reading'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Name',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.TextField(blank=True, db_default='', default='')),
                ('kind', models.TextField(choices=[('stage', 'stage'), ('pipeline', 'pipeline'), ('person', 'person'), ('calendar', 'calendar'), ('appointment-type', 'appointment type'), ('form', 'form'), ('sub-account', 'sub-account')])),
                ('ref', models.TextField(help_text="The vendor's id.")),
                ('name', models.TextField(blank=True, db_default='', default='')),
                ('position', models.IntegerField(blank=True, null=True)),
                ('vendor_name', models.TextField(blank=True, db_default='', default='')),
                ('vendor_clock', models.TextField(blank=True, db_collation='C', db_default='', default='')),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='events.source')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='crm_persons', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'name',
                'verbose_name_plural': 'names and order',
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('source', 'scope', 'kind', 'ref'), name='name_key'), models.CheckConstraint(condition=models.Q(('user', None), ('kind', 'person'), _connector='OR'), name='name_user_is_a_person')],
            },
        ),
    ]
