"""Lists the mirrored models and their columns, from the models themselves."""

from functools import cache

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model

from entities.models.record import Record

COMMON_FIELDS = frozenset({"id", *(field.name for field in Record._meta.get_fields())})
# Those of them that vendors write.
MIRRORED_COMMON_FIELDS = ("created_at", "merged_into")


@cache
def record_models() -> tuple[type[Record], ...]:
    """Return every mirrored model, in the order in which rows are inserted."""
    models = apps.get_app_config("entities").get_models()
    return tuple(model for model in models if issubclass(model, Record))


@cache
def lock_order() -> tuple[type[Record], ...]:
    """Return every mirrored model, in the order in which rows are locked: parts before their wholes.

    A part's row says which whole it belongs to now, and may say another one until it is locked.
    """
    return tuple(sorted(record_models(), key=lambda model: bool(model.balances)))


@cache
def wholes_of(model: type[Record]) -> dict[str, type[Record]]:
    """Return reference column -> model, for a part's references to the wholes whose balance it changes."""
    return {
        rule.part_whole: whole
        for whole in record_models()
        for rule in whole.balances.values()
        if rule.part_model == model_name(model)
    }


@cache
def record_models_by_name() -> dict[str, type[Record]]:
    """Return model name -> model. The name is in lower case, as in `TimelineEntry.record_type`."""
    return {model_name(model): model for model in record_models()}


@cache
def entities_by_name() -> dict[str, type[Record]]:
    """Return the name by which people and programs ask for a kind of record -> model: form-submission."""
    return {str(model._meta.verbose_name).replace(" ", "-"): model for model in record_models()}


@cache
def entity_name(record_type: str) -> str:
    """Return the name of `entities_by_name` for a model's name: form-submission for formsubmission."""
    names = {model_name(model): name for name, model in entities_by_name().items()}
    return names[record_type]


@cache
def scope_model_name() -> str:
    """Return the name of the model whose records scope all others: the vendors' sub-accounts."""
    return model_name(record_models()[0]._meta.get_field("sub_account").related_model)


@cache
def names_scope(record_type: str) -> bool:
    """Return True for a model whose records are of the scope that their external id is.

    A sub-account is seen by those who see its records.
    """
    return record_models_by_name()[record_type].scope_column == "external_id"


@cache
def has_field(model: type[Model], name: str) -> bool:
    """Return True if a model has a field of this name."""
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


@cache
def model_name(model: type[Record]) -> str:
    """Return the model's name in lower case."""
    return str(model._meta.model_name)


@cache
def mirrored_fields(model: type[Record]) -> dict[str, Field]:
    """Return column -> field for the columns that vendors write, so without those that are only derived."""
    own = {field.name: field for field in model._meta.concrete_fields if field.name not in COMMON_FIELDS}
    derived = {name for name, rule in model.derived_columns.items() if not rule.prefers_own_value}
    common: dict[str, Field] = {name: model._meta.get_field(name) for name in MIRRORED_COMMON_FIELDS}  # type: ignore[misc]
    return common | {
        name: field for name, field in own.items() if name not in derived | model.balances.keys()
    }
