"""System checks of the vendors' tables and the records' rules: a slip there is an error, not a lost value."""

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.checks import Error
from django.db.models import DateTimeField, Field, ForeignKey

from entities import vendors
from entities.models.introspection import (
    mirrored_fields,
    model_name,
    record_models,
    record_models_by_name,
    scope_model_name,
)
from entities.reading.converters import CONVERTERS, Unconvertible
from entities.vendor_language import EVENT_TIME, Entity, EventType, Vendor

Found = Iterator[Error]


def check_vendors(app_configs: Any = None, **kwargs: Any) -> list[Error]:
    """Every vendor's module: does it say what it says in words that the models and converters know?"""
    return [error for name in _names() for error in _of_module(name)]


def check_records(app_configs: Any = None, **kwargs: Any) -> list[Error]:
    """Every mirrored model: do its rules name columns that it has?"""
    return [error for model in record_models() for error in (*_of_derived(model), *_of_tracked(model))]


def _names() -> list[str]:
    return sorted(module.name for module in iter_modules(vendors.__path__))


def _of_module(name: str) -> Found:
    """The module's errors; the tables are looked at where there is a VENDOR."""
    module = f"{vendors.__name__}.{name}"
    try:
        vendor = getattr(import_module(module), "VENDOR", None)
    except Exception as error:
        yield _error("E001", module, f"cannot be imported: {error!r}", "Mend the module or take it away.")
        return
    if not isinstance(vendor, Vendor):
        yield _error("E001", module, "has no VENDOR", f"Write VENDOR = Vendor(name={name!r}, ...).")
        return
    if vendor.name != name:
        yield _error(
            "E001",
            module,
            f"calls its vendor {vendor.name!r}",
            f"Write name={name!r}, as the module is called.",
        )
    checks: tuple[Callable[[str, Vendor], Found], ...] = (
        _of_scheme,
        _of_scope,
        _of_entities,
        _of_events,
        _of_beside,
    )
    for check in checks:
        yield from check(module, vendor)


def _of_scheme(module: str, vendor: Vendor) -> Found:
    source: Any = record_models()[0]._meta.get_field("source").related_model
    schemes = [scheme for scheme, _ in source._meta.get_field("scheme").flatchoices]
    if vendor.scheme not in schemes:
        reason = f"signs by the unknown scheme {vendor.scheme!r}"
        yield _error("E002", module, reason, _hint(vendor.scheme, schemes))


def _of_scope(module: str, vendor: Vendor) -> Found:
    if vendor.scope is not None and vendor.scope.model != scope_model_name():
        yield _error(
            "E003",
            module,
            f"has records of {vendor.scope.model!r} as its scope",
            f"Write scope=Entity({scope_model_name()!r}, ...): the model that Record.sub_account refers to.",
        )


def _of_entities(module: str, vendor: Vendor) -> Found:
    """Of each entity that is named anywhere; that they are one for each model too."""
    seen: dict[str, Entity] = {}
    for entity in _entities(vendor):
        first = seen.setdefault(entity.model, entity)
        if first is entity:
            yield from _of_entity(module, entity)
        elif first != entity:
            hint = "Write one Entity for both: a record is read the same way whatever event it came in."
            yield _error("E009", module, f"maps the model {entity.model!r} twice, differently", hint)


def _entities(vendor: Vendor) -> list[Entity]:
    """Each Entity once, by identity."""
    found = [event.entity for event in vendor.events.values()] + ([vendor.scope] if vendor.scope else [])
    return list({id(entity): entity for entity in found}.values())


def _of_entity(module: str, entity: Entity) -> Found:
    place = f"entity {entity.model!r}"
    if not entity.id:
        hint = "Write id=(...): the payload's keys that may hold the record's id."
        yield _error("E005", module, f"{place} names no key of its id", hint)
    if entity.model not in record_models_by_name():
        yield _error(
            "E004", module, f"{place} is no mirrored model", _hint(entity.model, record_models_by_name())
        )
        return
    fields = mirrored_fields(record_models_by_name()[entity.model])
    for column in entity.columns:
        yield from _of_column(module, f"{place}, columns", column, fields)
    filled = {name: fields[name] for name in entity.columns if name in fields}
    for column in entity.translations:
        yield from _of_column(module, f"{place}, translations", column, filled)
    sets = {name: field for name, field in fields.items() if isinstance(field, ArrayField)}
    for column in entity.additions.values():
        yield from _of_column(module, f"{place}, additions", column, sets)
    words = " ".join(entity.columns.values()).split()
    for key in sorted(set(entity.link_keys) - set(words)):
        yield _error("E006", module, f"{place}, link_keys: no column is read off {key!r}", _hint(key, words))


def _of_column(module: str, place: str, column: str, fields: Mapping[str, Field]) -> Found:
    """One of these columns, of a kind that a converter fills."""
    if column not in fields:
        yield _error("E006", module, f"{place}: there is no column {column!r} to fill", _hint(column, fields))
    elif type(fields[column]) not in CONVERTERS:
        kind = type(fields[column]).__name__
        hint = f"Give {kind} a row in entities.reading.converters.CONVERTERS, or use a kind that has one."
        yield _error("E007", module, f"{place}: no converter fills the {kind} {column!r}", hint)


def _of_events(module: str, vendor: Vendor) -> Found:
    for event_type, event in vendor.events.items():
        if event.entity.model in record_models_by_name():
            yield from _of_says(module, event_type, event)


def _of_says(module: str, event_type: str, event: EventType) -> Found:
    fields = mirrored_fields(record_models_by_name()[event.entity.model])
    for column, value in event.implied.items():
        place = f"event {event_type!r}, implied"
        unfit = list(_of_column(module, place, column, fields))
        yield from unfit
        if not unfit and not _fits(fields[column], value):
            yield _error(
                "E008",
                module,
                f"{place}: {column!r} cannot be {'EVENT_TIME' if value is EVENT_TIME else repr(value)}",
                f"Write the value as the column holds it: what {_converter(fields[column])} returns.",
            )


def _fits(field: Field, value: object) -> bool:
    """What an event's name says is written as it is: no converter sees it."""
    if value is EVENT_TIME:
        return isinstance(field, DateTimeField)
    try:
        return bool(CONVERTERS[type(field)](value) == value)
    except Unconvertible:
        return False


def _converter(field: Field) -> str:
    convert = inspect.unwrap(CONVERTERS[type(field)])
    return f"{convert.__module__}.{convert.__qualname__}"


def _of_beside(module: str, vendor: Vendor) -> Found:
    references = _references(vendor)
    for reference, copies in vendor.reference_copies.items():
        if reference not in references:
            reason = f"reference_copies: no entity has a reference {reference!r}"
            yield _error("E006", module, reason, _hint(reference, references))
            continue
        target = references[reference]
        fields = mirrored_fields(record_models_by_name()[target.model])
        filled = {name: fields[name] for name in target.columns if name in fields}
        for key, column in copies.items():
            yield from _of_column(module, f"reference_copies {reference!r}, {key!r}", column, filled)


def _references(vendor: Vendor) -> dict[str, Entity]:
    """Reference column -> the entity of the records that it refers to, if the vendor sends such."""
    found: dict[str, Entity] = {}
    for entity in vendor.entities.values():
        for name, field in (
            mirrored_fields(record_models_by_name()[entity.model]).items()
            if entity.model in record_models_by_name()
            else ()
        ):
            if name in entity.columns and isinstance(field, ForeignKey):
                target = vendor.entities.get(model_name(field.related_model))
                found |= {name: target} if target else {}
    return found


def _of_derived(model: Any) -> Found:
    label = model._meta.label
    own = {field.name for field in model._meta.concrete_fields}
    for column, rule in model.derived.items():
        if column not in own or not isinstance(model._meta.get_field(column), DateTimeField):
            yield _error("E010", label, f"derived: there is no time {column!r} to fill", _hint(column, own))
        if rule.column not in mirrored_fields(model):
            reason = f"derived: {column!r} is read off {rule.column!r}, which no vendor fills"
            yield _error("E010", label, reason, _hint(rule.column, mirrored_fields(model)))


def _of_tracked(model: Any) -> Found:
    for column in model.tracked:
        if column not in mirrored_fields(model):
            reason = f"tracked: there is no column {column!r}"
            yield _error("E010", model._meta.label, reason, _hint(column, mirrored_fields(model)))


def _hint(word: str, known: Collection[str]) -> str:
    """What may stand there, what looks most like the word first."""
    close = get_close_matches(word, known, len(known)) if known else []
    rest = sorted(set(known) - set(close))
    return f"Write one of: {', '.join([*close, *rest]) or 'none, there is none'}."


def _error(code: str, place: str, reason: str, hint: str) -> Error:
    return Error(reason, hint=hint, obj=place, id=f"entities.{code}")
