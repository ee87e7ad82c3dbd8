# What staff did. A new table: nothing that runs knows it.

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('entities', '0015_overdue_index'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('user_name', models.TextField(help_text="The user's name then, or the command; empty if not known.")),
                ('action', models.TextField(help_text='A word of `AuditAction`.')),
                ('object_type', models.TextField(db_default='', help_text="The row's model, such as events.source.")),
                ('object_id', models.TextField(db_default='')),
                ('object_text', models.TextField(db_default='', help_text='What the row was called then.')),
                ('detail', models.JSONField(db_default=models.Value({}, models.JSONField()), help_text='More about the act. Never a secret, and never a body.')),
                ('remote_address', models.GenericIPAddressField(null=True)),
                ('user', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'audit entry',
                'verbose_name_plural': 'audit entries',
                'ordering': ['-at', '-id'],
                'default_permissions': (),
                'indexes': [models.Index(fields=['-at', '-id'], name='audit_newest'), models.Index(fields=['action', '-at', '-id'], name='audit_by_action'), models.Index(fields=['user', '-at', '-id'], name='audit_by_user')],
            },
        ),
    ]
