from django.apps import AppConfig
from django.core.checks import register


class EntitiesConfig(AppConfig):
    name = "entities"
    verbose_name = "Records"

    def ready(self) -> None:
        from entities.checks import check_records, check_vendors

        register(check_vendors)
        register(check_records)
