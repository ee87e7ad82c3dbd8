"""Finds the records that may be the same person or company as a record, with the evidence."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.db.models import JSONField, QuerySet

from crmmirror.lib.database.combined_queries import fetch_together
from crmmirror.lib.phone_numbers import find_numbers, national_endings
from entities.access.visibility import Viewer, visible_to
from entities.access.visible_kinds import visible_models
from entities.models import Record
from entities.models.introspection import model_name
from entities.models.short_rows import make_record
from entities.search.search_keys import EMAIL, PHONE, Key, quote_lexeme, read_value
from entities.search.text_folding import split_words
from entities.search.visible_documents import holds, visible_documents

# A value that more records have is a switchboard's or a mistake's, and says nothing about one of them.
MAX_SHARING_RECORDS: Final = 5
# Of one value and kind of record. Those that only end with the same digits are among them.
MAX_CANDIDATES: Final = 20
# What a page shows of a source, and by what its numbers are read. There are few sources.
SOURCE_COLUMNS: Final = ("id", "slug", "label", "default_region", "assumed_currency")


class Grade(StrEnum):
    """The grades of certainty that two records are the same, the surest first."""

    LIKELY = "likely"
    SHARES_PHONE = "shares the phone"


@dataclass(frozen=True)
class SamePerson:
    """A record that may be the same as another one. evidence: the values that both have."""

    record: Record
    grade: Grade
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class SharedValue:
    """A value that so many records have that none of them is listed. count: of them, at least."""

    value: str
    count: int


@dataclass(frozen=True)
class SamePersons:
    """The possible duplicates of a record, the surest first, and the values that too many records share."""

    records: tuple[SamePerson, ...] = ()
    shared: tuple[SharedValue, ...] = ()


@dataclass(frozen=True)
class Trait:
    """An email or phone of a record, in the form in which two records' are compared.

    kind: EMAIL or PHONE. text: the email, or the national digits. value: as it stands in the record.
    """

    kind: str
    text: str
    value: str


def find_same_persons(viewer: Viewer, record: Record) -> SamePersons:
    """Return the records, of those that the viewer sees, that may be the same as this one.

    Takes one query. Nothing is the same as a record of another kind.
    """
    traits = _read_traits(record)
    if not record.person_columns or not traits:
        return SamePersons()
    models = [model for model in visible_models(viewer) if model.person_columns]
    others = [
        other
        for other in _read_candidates(viewer, models, traits)
        if (type(other), other.pk) != (type(record), record.pk)
    ]
    return _grade(record, traits, others)


def _grade(record: Record, traits: Iterable[Trait], others: Iterable[Record]) -> SamePersons:
    sharing: dict[Trait, list[Record]] = {trait: [] for trait in traits}
    for other in others:
        texts = {(trait.kind, trait.text) for trait in _read_traits(other)}
        for trait in sharing:
            if (trait.kind, trait.text) in texts:
                sharing[trait].append(other)
    evidence: dict[Record, list[Trait]] = defaultdict(list)
    shared = []
    for trait, records in sharing.items():
        # The record itself has it too.
        if len(records) + 1 > MAX_SHARING_RECORDS:
            shared.append(SharedValue(trait.value, len(records) + 1))
            continue
        for other in records:
            evidence[other].append(trait)
    found = [_judge(record, other, common) for other, common in evidence.items()]
    found.sort(key=lambda same: (same.grade != Grade.LIKELY, same.record.is_deleted))
    return SamePersons(tuple(found), tuple({value.value: value for value in shared}.values()))


def _judge(record: Record, other: Record, common: list[Trait]) -> SamePerson:
    """Return the other record with its grade. Equal phones need a word of the name in common to be likely."""
    names = sorted(_name_words(record) & _name_words(other))
    is_likely = bool(names) or any(trait.kind == EMAIL for trait in common)
    values = dict.fromkeys(trait.value for trait in common)
    evidence = (*values, f"the name {' '.join(names)}") if names else tuple(values)
    return SamePerson(other, Grade.LIKELY if is_likely else Grade.SHARES_PHONE, evidence)


def _name_words(record: Record) -> set[str]:
    return {word for column in record.person_columns for word in split_words(getattr(record, column) or "")}


def _read_traits(record: Record) -> list[Trait]:
    """Return the emails and phones of a record. A number may be read in several ways: one trait for each."""
    return list(dict.fromkeys(_iterate_traits(record)))


def _iterate_traits(record: Record) -> Iterator[Trait]:
    region = getattr(record.source, "default_region", "")
    for column, kind in record.searched_columns.items():
        value = getattr(record, column)
        if not value or not kind.has_former_values:
            continue
        for key in sorted(read_value(kind, value)[1]):
            if key.kind == EMAIL:
                yield Trait(EMAIL, key.text, value)
        for number in find_numbers(value):
            for ending in sorted(national_endings(number, [region] if region else [])):
                yield Trait(PHONE, ending, value)


def _read_candidates(viewer: Viewer, models: Sequence[type[Record]], traits: Iterable[Trait]) -> list[Record]:
    """Return, by one query, the records that have one of the values, or a phone with the same last digits."""
    wanted = list(traits)
    if not models:
        return []
    source_model: Any = models[0]._meta.get_field("source").related_model
    sources = visible_to(viewer, source_model._default_manager.order_by()).values(*SOURCE_COLUMNS)
    source_rows, *found = fetch_together([sources, *(_candidates(viewer, model, wanted) for model in models)])
    by_id = {row["id"]: source_model(**row) for row in source_rows}
    return [
        make_record(model, row, by_id[row["source_id"]])
        for model, rows in zip(models, found, strict=True)
        for row in rows
    ]


def _candidates(viewer: Viewer, model: type[Record], traits: Iterable[Trait]) -> QuerySet:
    name = model_name(model)
    first, *others = [
        visible_documents(viewer).filter(holds(query)).values("record_id")[:MAX_CANDIDATES]
        for query in sorted({_ask_trait(trait, name) for trait in traits})
    ]
    ids = first.union(*others, all=True) if others else first
    columns = [field.attname for field in model._meta.concrete_fields if not isinstance(field, JSONField)]
    return visible_to(viewer, model._default_manager.filter(pk__in=ids)).order_by().values(*columns)


def _ask_trait(trait: Trait, record_type: str) -> str:
    if trait.kind == PHONE:
        return f"{quote_lexeme(record_type, PHONE, trait.text[::-1])}:*"
    return quote_lexeme(record_type, *Key(EMAIL, trait.text))
