from django.db import migrations

CREATE = """
CREATE OR REPLACE FUNCTION entities_shorten_integers(document jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE number numeric;
BEGIN
    CASE jsonb_typeof(document)
    WHEN 'object' THEN
        RETURN (
            SELECT coalesce(jsonb_object_agg(key, entities_shorten_integers(value)), '{}')
            FROM jsonb_each(document)
        );
    WHEN 'array' THEN
        RETURN (
            SELECT coalesce(jsonb_agg(entities_shorten_integers(value) ORDER BY position), '[]')
            FROM jsonb_array_elements(document) WITH ORDINALITY AS item (value, position)
        );
    WHEN 'number' THEN
        number := document;
        IF scale(number) = 0 AND number NOT BETWEEN -9223372036854775808 AND 9223372036854775807 THEN
            RETURN to_jsonb(number::text);
        END IF;
    ELSE
    END CASE;
    RETURN document;
END $$
"""


class Migration(migrations.Migration):
    """A function for readers: integers of a document that do not fit into 64 bits become text."""

    dependencies = [
        ('entities', '0024_saved_view'),
    ]

    operations = [
        migrations.RunSQL(CREATE, 'DROP FUNCTION IF EXISTS entities_shorten_integers(jsonb)'),
    ]
