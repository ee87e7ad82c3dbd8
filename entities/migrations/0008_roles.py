# The named permissions, and the three groups that are made of them. Django creates permissions only after all
# migrations have run, so this one creates those that it gives to the groups.

from django.db import migrations

LABELS = {
    'view_records': 'View records',
    'view_raw_events': 'View raw events',
    'replay_events': 'Apply events again',
    'manage_sources': 'Manage sources',
    'name_things': 'Name things',
    'export_records': 'Export records',
    'share_views': 'Share views',
    'manage_people': 'Manage people and tokens',
}
OPERATOR = ('view_records', 'view_raw_events', 'replay_events', 'manage_sources', 'export_records', 'share_views')
ROLES = {'Viewer': ('view_records',), 'Operator': OPERATOR, 'Administrator': tuple(LABELS)}


def make_roles(apps, schema_editor):
    """Create what is missing. A group of that name that exists is given the permissions beside its own."""
    ContentType = apps.get_model('contenttypes', 'ContentType')
    Permission = apps.get_model('auth', 'Permission')
    Group = apps.get_model('auth', 'Group')
    content_type, _ = ContentType.objects.get_or_create(app_label='entities', model='accesslimit')
    permissions = {
        codename: Permission.objects.get_or_create(
            content_type=content_type, codename=codename, defaults={'name': label}
        )[0]
        for codename, label in LABELS.items()
    }
    for role, codenames in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.add(*(permissions[codename] for codename in codenames))


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
        ('entities', '0007_access_limits'),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
