"""The currency of a deal, and the name and the owner of a contact. They may be null: no table is rewritten."""

from django.db import migrations, models

import entities.models.fields


class Migration(migrations.Migration):
    dependencies = [
        ("entities", "0034_sign_on"),
    ]

    operations = [
        migrations.AddField("deal", "currency", entities.models.fields.CurrencyField(blank=True, null=True)),
        *(
            migrations.AddField("contact", name, models.TextField(blank=True, null=True))
            for name in ("name", "owner_ref", "owner_name")
        ),
    ]
