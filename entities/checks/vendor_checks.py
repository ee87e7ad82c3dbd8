"""Checks of the vendors' modules: their tables must name columns that the models have, and fitting values.

Ids: entities.E001, E003, E004, E006, E009 and E012; the modules that this one calls name their own.
"""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.checks import CheckMessage
from django.db.models import DecimalField, ForeignKey

from entities import vendors
from entities.checks.check_errors import Errors, make_error, suggest
from entities.checks.column_checks import check_column, check_implied_values
from entities.checks.deletion_checks import check_deletions
from entities.checks.path_checks import check_paths, check_payload, check_written_paths
from entities.checks.repeated_columns import check_repeated_columns
from entities.checks.resource_checks import check_api
from entities.checks.sample_checks import check_samples
from entities.checks.signature_checks import check_signatures
from entities.models.introspection import (
    mirrored_fields,
    model_name,
    record_models_by_name,
    scope_model_name,
)
from entities.vendor_language import Entity, Vendor


def check_vendors(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Return the errors in the modules of all vendors."""
    names = sorted(module.name for module in iter_modules(vendors.__path__))
    return [error for name in names for error in check_module(name)]


def check_module(name: str) -> Errors:
    """Yield the errors of one vendor's module; of its tables too, if it has a VENDOR."""
    module = f"{vendors.__name__}.{name}"
    try:
        vendor = getattr(import_module(module), "VENDOR", None)
    except Exception as error:
        # Whatever the module raises is reported, so that the other modules are checked as well.
        reason = f"cannot be imported: {error!r}"
        yield make_error("E001", module, reason, "Correct the module, or remove it.")
        return
    if not isinstance(vendor, Vendor):
        yield make_error("E001", module, "has no VENDOR", f"Write VENDOR = Vendor(name={name!r}, ...).")
        return
    if vendor.name != name:
        reason = f"calls its vendor {vendor.name!r}"
        yield make_error("E001", module, reason, f"Write name={name!r}, the name of the module.")
    errors = [error for check in TABLE_CHECKS for error in check(module, vendor)]
    yield from errors
    if vendor.name == name and not any(error.is_serious() for error in errors):
        for check in SAMPLE_CHECKS:
            yield from check(module, vendor)


def check_scope(module: str, vendor: Vendor) -> Errors:
    """Yield an error if the records of the vendor's scope are not sub-accounts."""
    if vendor.scope is not None and vendor.scope.model != scope_model_name():
        reason = f"has records of {vendor.scope.model!r} as its scope"
        hint = (
            f"Write scope=Entity({scope_model_name()!r}, ...), the model that Record.sub_account refers to."
        )
        yield make_error("E003", module, reason, hint)


def check_entities(module: str, vendor: Vendor) -> Errors:
    """Yield the errors of each entity, and one for each model that two different entities map."""
    first_by_model: dict[str, Entity] = {}
    for entity in _distinct_entities(vendor):
        first = first_by_model.setdefault(entity.model, entity)
        if first is entity:
            yield from check_entity(module, entity)
        elif first != entity:
            hint = "Write one Entity for both: a record is read the same way whatever event it came in."
            yield make_error("E009", module, f"maps the model {entity.model!r} twice, differently", hint)


def check_entity(module: str, entity: Entity) -> Errors:
    """Yield the errors of one entity: of its id, its model and its tables."""
    place = f"entity {entity.model!r}"
    models = record_models_by_name()
    yield from check_paths(module, f"{place}, id", entity.id)
    if entity.model not in models:
        reason = f"{place} is not a mirrored model"
        yield make_error("E004", module, reason, suggest(entity.model, models))
        return
    fields = mirrored_fields(models[entity.model])
    filled = {name: fields[name] for name in entity.columns if name in fields}
    sets = {name: field for name, field in fields.items() if isinstance(field, ArrayField)}
    amounts = {name: field for name, field in fields.items() if isinstance(field, DecimalField)}
    for table, columns, allowed in (
        ("columns", entity.columns, fields),
        ("translations", entity.translations, filled),
        ("additions", entity.additions.values(), sets),
        ("scales", entity.scales, amounts),
    ):
        for column in columns:
            yield from check_column(module, f"{place}, {table}", column, allowed)
    yield from check_link_keys(module, place, entity)
    yield from check_translated_words(module, place, entity)


def check_translated_words(module: str, place: str, entity: Entity) -> Errors:
    """Yield an error for each translated word that is not in lower case, in which words are compared."""
    for column, words in entity.translations.items():
        for word in words:
            if word != word.lower():
                reason = f"{place}, translations of {column!r}: {word!r} is not in lower case"
                hint = f"Write {word.lower()!r}: words are compared in lower case."
                yield make_error("E012", module, reason, hint)


def check_envelope(module: str, vendor: Vendor) -> Errors:
    """Yield an error for each part of the envelope that no path can find."""
    for place, words in (("time", vendor.time), ("payload", vendor.payload)):
        yield from check_paths(module, place, words)
    for words in vendor.type_parts:
        yield from check_paths(module, "type", words)


def check_link_keys(module: str, place: str, entity: Entity) -> Errors:
    """Yield an error for each link key that is not a key of a column."""
    words = " ".join(words for words in entity.columns.values() if isinstance(words, str)).split()
    for key in sorted(set(entity.link_keys) - set(words)):
        reason = f"{place}, link_keys: no column is read from {key!r}"
        yield make_error("E006", module, reason, suggest(key, words))


def check_events(module: str, vendor: Vendor) -> Errors:
    """Yield the errors in the values that event types imply."""
    for event_type, event in vendor.events.items():
        if event.entity.model in record_models_by_name():
            yield from check_implied_values(module, event_type, event)


def check_reference_copies(module: str, vendor: Vendor) -> Errors:
    """Yield an error for each copy of a reference or of a column that the vendor's entities do not have."""
    references = _references(vendor)
    for reference, copies in vendor.reference_copies.items():
        if reference not in references:
            reason = f"reference_copies: no entity has a reference {reference!r}"
            yield make_error("E006", module, reason, suggest(reference, references))
            continue
        target = references[reference]
        fields = mirrored_fields(record_models_by_name()[target.model])
        filled = {name: fields[name] for name in target.columns if name in fields}
        for key, column in copies.items():
            yield from check_column(module, f"reference_copies {reference!r}, {key!r}", column, filled)


def _distinct_entities(vendor: Vendor) -> list[Entity]:
    """Return each Entity object once. They are compared by identity: equal ones are allowed."""
    entities = [event.entity for event in vendor.events.values()] + ([vendor.scope] if vendor.scope else [])
    return list({id(entity): entity for entity in entities}.values())


def _references(vendor: Vendor) -> dict[str, Entity]:
    """Return reference column -> entity referred to, for the references whose entity the vendor sends."""
    models = record_models_by_name()
    return {
        name: vendor.entities[target]
        for entity in vendor.entities.values()
        if entity.model in models
        for name, field in mirrored_fields(models[entity.model]).items()
        if name in entity.columns and isinstance(field, ForeignKey)
        if (target := model_name(field.related_model)) in vendor.entities
    }


TABLE_CHECKS: tuple[Callable[[str, Vendor], Errors], ...] = (
    check_signatures,
    check_written_paths,
    check_payload,
    check_envelope,
    check_scope,
    check_entities,
    check_events,
    check_reference_copies,
    check_repeated_columns,
    check_api,
)
# They read events, and would stumble over tables with an error.
SAMPLE_CHECKS: tuple[Callable[[str, Vendor], Errors], ...] = (check_deletions, check_samples)
