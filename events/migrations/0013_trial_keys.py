from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0012_event_pruned_at"),
    ]

    operations = [
        migrations.AddField(
            model_name="sourcesecret",
            name="is_trial",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="A private key with which the mirror signs what the vendor would sign with its own.",
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="scheme",
            field=models.TextField(
                choices=[
                    ("standard-webhooks", "Standard Webhooks"),
                    ("hmac-sha256", "HMAC-SHA256 of the body"),
                    ("hmac-sha256-timestamped", "HMAC-SHA256 with a signed timestamp"),
                    ("token", "Static token in a header"),
                    ("basic", "HTTP basic authentication"),
                    ("none", "Secret address only"),
                    ("vendor", "As the vendor's module says"),
                ]
            ),
        ),
    ]
