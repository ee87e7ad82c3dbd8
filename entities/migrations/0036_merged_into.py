"""The record into which the vendor merged a record. It may be null: no table is rewritten."""

from django.db import migrations, models

MODELS = (
    *("appointment", "client", "contact", "deal", "formsubmission", "invoice", "lead", "message"),
    *("payment", "quotation", "subaccount", "task"),
)


class Migration(migrations.Migration):
    dependencies = [
        ("entities", "0035_deal_currency_contact_name_and_owner"),
    ]

    operations = [
        migrations.AddField(
            model,
            "merged_into",
            models.TextField(
                blank=True,
                null=True,
                help_text="The id in the CRM of the record into which the vendor merged this one.",
            ),
        )
        for model in MODELS
    ]
