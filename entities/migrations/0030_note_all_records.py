# Notes all records of a mirror from before the change feed, so that a reader from zero gets them. Workers number
# them; what code from before the feed writes after this, rebuild_mirror notes.

from django.db import migrations

NOTE_RECORDS = """
    INSERT INTO entities_changenote
        (noted_at, record_types, record_ids, source_ids, scopes, external_ids)
    SELECT clock_timestamp(), array_agg(record_type), array_agg(id), array_agg(source_id),
        array_agg(scope), array_agg(external_id)
    FROM (
        SELECT '{record_type}' AS record_type, id, source_id, {scope} AS scope, external_id,
            (row_number() OVER (ORDER BY id) - 1) / 1000 AS part
        FROM "{table}"
    ) AS record GROUP BY part
"""


def note_records(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for model in apps.get_app_config("entities").get_models():
            if not any(field.name == "registers" for field in model._meta.fields):
                continue
            name = model._meta.model_name
            # A sub-account is seen by those who see its records.
            scope = "external_id" if name == "subaccount" else "scope"
            table = model._meta.db_table
            cursor.execute(NOTE_RECORDS.format(record_type=name, scope=scope, table=table))


class Migration(migrations.Migration):

    dependencies = [
        ("entities", "0029_change_feed"),
    ]

    operations = [
        migrations.RunPython(note_records, migrations.RunPython.noop, elidable=True),
    ]
