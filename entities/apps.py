"""The Django app of the mirrored records."""

from django.apps import AppConfig
from django.core.checks import register


class EntitiesConfig(AppConfig):
    name = "entities"
    verbose_name = "Records"

    def ready(self) -> None:
        # Imported here because models cannot be imported before the apps are loaded.
        from entities.checks import check_records, check_vendors

        register(check_vendors)
        register(check_records)
