"""Finds the records of a person, by an email, a phone or the vendor's id."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

from django.db.models import Q, QuerySet

from entities.erasure.marked_addresses import EMAIL, PHONE, Address, read_addresses
from entities.erasure.marks import Extent, Mark, MarkKind, mark_address, mark_record
from entities.erasure.redaction import is_person
from entities.models import Record, SearchDocument, TimelineEntry
from entities.models.introspection import model_name, record_models
from entities.reading.mapped_event import RecordKey
from entities.search import search_keys
from entities.search.search_keys import quote_lexeme
from entities.search.visible_documents import holds
from entities.writing.source_statement import SourceKey
from events.models import Source


class NobodyFound(ValueError):
    """No record is this person's, or it is not clear which one; the message says what to give."""


@dataclass(frozen=True)
class SubjectQuery:
    """The addresses and ids by which a person is looked for; at least one.

    source, scope: where to look; None for everywhere. An empty scope is what is in no sub-account.
    """

    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    source: Source | None = None
    scope: str | None = None
    record_type: str = ""

    @property
    def extent(self) -> Extent:
        """The part of the mirror in which addresses are marked: the whole source without a sub-account."""
        return Extent(self.source.pk if self.source else 0, self.scope or "")

    @cached_property
    def addresses(self) -> frozenset[Address]:
        """The addresses that were given. Raises NobodyFound for one that is none."""
        region = self.source.default_region if self.source else ""
        found: set[Address] = set()
        for kind, values in ((EMAIL, self.emails), (PHONE, self.phones)):
            for value in values:
                read = {address for address in read_addresses(value, region) if address.kind == kind}
                if not read:
                    raise NobodyFound(f"{value!r} is no {kind} by which somebody could be found")
                found |= read
        return frozenset(found)

    @property
    def kinds(self) -> list[str]:
        """The kinds of address by which the person is looked for, without the values."""
        given = {"email": self.emails, "phone": self.phones, "id": self.ids}
        return [kind for kind, values in given.items() if values]

    @property
    def possible_keys(self) -> list[SourceKey]:
        """Every key that a record of the person may have had, when the record is gone."""
        sources = [self.source] if self.source else Source.objects.all()
        models = [model_name(model) for model in record_models() if is_person(model)]
        return [
            (source.pk, RecordKey(name, self.scope or "", id))
            for source in sources
            for name in models
            if self.record_type in ("", name)
            for id in self.ids
        ]


@dataclass(frozen=True)
class Subject:
    """A person: his records, and the addresses that are his alone.

    extent: where his addresses are marked. shared: addresses of his that records of others have too: they are
        not marked, because the others would be taken for him.
    names: his full names, present and former.
    """

    records: tuple[Record, ...]
    extent: Extent
    addresses: frozenset[Address]
    shared: frozenset[Address] = frozenset()
    names: frozenset[str] = field(default=frozenset())

    @property
    def keys(self) -> frozenset[SourceKey]:
        return frozenset(map(key_of, self.records))

    @property
    def marks(self) -> set[Mark]:
        return {mark_record(MarkKind.ERASED, key) for key in self.keys} | {
            mark_address(self.extent, address) for address in self.addresses
        }


def key_of(record: Record) -> SourceKey:
    """Return the key of a row."""
    return record.source_id, RecordKey(model_name(type(record)), record.scope, record.external_id)


def find_subject(query: SubjectQuery) -> Subject:
    """Return the person. Raises NobodyFound if an id is of no record, or of several sources."""
    records: dict[tuple[str, int], Record] = {}
    for record in (*_find_by_ids(query), *_find_by_addresses(query.addresses, query.extent)):
        records[model_name(type(record)), record.pk] = record
    _add_merged(records)
    extent = query.extent
    if query.ids and not query.addresses:
        one = next(iter(records.values()))
        extent = Extent(one.source_id, one.scope)
    values = _read_values(records.values())
    own = query.addresses | {address for value in values for address in value.addresses}
    shared = frozenset(
        address for address in own - query.addresses if _is_shared(address, extent, records.keys())
    )
    names = frozenset(name for value in values for name in value.names)
    return Subject(tuple(records.values()), extent, frozenset(own - shared), shared, names)


def _find_by_ids(query: SubjectQuery) -> list[Record]:
    rows: list[Record] = []
    for id in query.ids:
        found: list[Record] = [
            record
            for model in record_models()
            if is_person(model) and query.record_type in ("", model_name(model))
            for record in _narrow(model._default_manager.filter(external_id=id), query.extent)
            if query.scope in (None, record.scope)
        ]
        if not found:
            raise NobodyFound(f"no client, contact or lead has the id {id!r} there")
        places = sorted(set(map(_describe_place, found)))
        if len(places) > 1:
            raise NobodyFound(
                f"{id!r} is the id of several records ({', '.join(places)}): say which source, sub-account"
                " and type"
            )
        rows += found
    return rows


def _describe_place(record: Record) -> str:
    return f"{model_name(type(record))} in {record.source} {record.scope}".strip()


def _narrow(rows: QuerySet, extent: Extent) -> QuerySet:
    rows = rows.select_related("source")
    if extent.source_id:
        rows = rows.filter(source=extent.source_id)
    return rows.filter(scope=extent.scope) if extent.scope else rows


def _find_by_addresses(addresses: Iterable[Address], extent: Extent) -> Iterator[Record]:
    for model in record_models():
        if is_person(model):
            for address in addresses:
                ids = list(_holders(model_name(model), address).values_list("record_id", flat=True))
                yield from _narrow(model._default_manager.filter(pk__in=ids), extent)


def _holders(record_type: str, address: Address) -> QuerySet[SearchDocument]:
    """Return the search documents of the records that have, or had, an address."""
    if address.kind == EMAIL:
        kinds, text, suffix = (search_keys.EMAIL, search_keys.FORMER_EMAIL), address.text, ""
    else:
        kinds, text, suffix = (search_keys.PHONE, search_keys.FORMER_PHONE), address.text[::-1], ":*"
    asked = " | ".join(f"{quote_lexeme(record_type, kind, text)}{suffix}" for kind in kinds)
    return SearchDocument.objects.filter(holds(asked), record_type=record_type)


def _is_shared(address: Address, extent: Extent, own: Iterable[tuple[str, int]]) -> bool:
    held = {(model_name(type(record)), record.pk) for record in _find_by_addresses([address], extent)}
    return bool(held - set(own))


def _add_merged(records: dict[tuple[str, int], Record]) -> None:
    """Add the records with which the vendor merged these."""
    waiting = list(records.values())
    while waiting:
        record = waiting.pop()
        same = type(record)._default_manager.select_related("source")
        same = same.filter(source=record.source_id, scope=record.scope)
        merged = Q(merged_into=record.external_id)
        if record.merged_into:
            merged |= Q(external_id=record.merged_into)
        for other in same.filter(merged):
            place = (model_name(type(other)), other.pk)
            if place not in records:
                records[place] = other
                waiting.append(other)


@dataclass(frozen=True)
class RecordValues:
    """The addresses and full names that a record has or had."""

    addresses: frozenset[Address]
    names: frozenset[str]


def _read_values(records: Iterable[Record]) -> list[RecordValues]:
    return [_read_record_values(record) for record in records]


def _read_record_values(record: Record) -> RecordValues:
    written = TimelineEntry.objects.filter(record_type=model_name(type(record)), record_id=record.pk)
    states = [{name: getattr(record, name) for name in type(record).searched_columns}]
    states += written.values_list("wrote", flat=True)
    columns = type(record).searched_columns
    addresses = {
        address
        for state in states
        for name, kind in columns.items()
        if kind.has_former_values and isinstance(value := state.get(name), str)
        for address in read_addresses(value, record.source.default_region)
    }
    first, *others = type(record).person_columns
    parts = [
        {value for state in states if isinstance(value := state.get(column), str) and value}
        for column in others
    ]
    names = {value for state in states if isinstance(value := state.get(first), str)}
    names |= {" ".join(combined) for combined in product(*parts)} if parts else set()
    return RecordValues(frozenset(addresses), frozenset(name for name in names if " " in name.strip()))
