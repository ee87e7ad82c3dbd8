# Erasures of persons and their marks, and the permission to erase. New tables: nothing that runs knows them.

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

PERMISSIONS = [
    ('view_records', 'View records'),
    ('view_raw_events', 'View raw events'),
    ('replay_events', 'Apply events again'),
    ('manage_sources', 'Manage sources'),
    ('name_things', 'Name things'),
    ('export_records', 'Export records'),
    ('share_views', 'Share views'),
    ('manage_people', 'Manage people and tokens'),
    ('erase_persons', 'Erase personal data'),
]


def give_permission(apps, schema_editor):
    """Give the permission to the administrators, if the group is still there."""
    ContentType = apps.get_model('contenttypes', 'ContentType')
    content_type, _ = ContentType.objects.get_or_create(app_label='entities', model='accesslimit')
    permission, _ = apps.get_model('auth', 'Permission').objects.get_or_create(
        content_type=content_type, codename='erase_persons', defaults={'name': 'Erase personal data'}
    )
    for group in apps.get_model('auth', 'Group').objects.filter(name='Administrator'):
        group.permissions.add(permission)


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
        ('entities', '0036_merged_into'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='accesslimit',
            options={'default_permissions': (), 'ordering': ['id'], 'permissions': PERMISSIONS},
        ),
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('erased_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('lifted_at', models.DateTimeField(null=True)),
                ('extends', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='extensions', to='entities.erasure')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ErasureKey',
            fields=[
                ('id', models.SmallIntegerField(primary_key=True, serialize=False)),
                ('ciphertext', models.BinaryField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ErasureMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.BinaryField(max_length=32)),
                ('erasure', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='marks', to='entities.erasure')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('digest', 'erasure'), name='erasure_mark_key')],
            },
        ),
        migrations.RunPython(give_permission, migrations.RunPython.noop),
    ]
