"""Searches all kinds of records: `search` returns ranked hits for the admin and the API."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import Func, JSONField, TextField

from entities.access.visibility import Viewer
from entities.access.visible_kinds import visible_models
from entities.models import Name, Record, SearchDocument
from entities.models.introspection import model_name, record_models, record_models_by_name
from entities.search.explanation import Explanation, explain_former, explain_match
from entities.search.name_search import find_names
from entities.search.question import (
    Ask,
    Question,
    ask_beginnings,
    ask_exact,
    ask_former,
    ask_whole_words,
    read_question,
)
from entities.search.visible_documents import holds, prefer_index, visible_documents

MAX_HITS: Final = 20


class Tier(IntEnum):
    """The tiers of a match, the best first."""

    EXACT = 0
    WHOLE_WORDS = 1
    BEGINNINGS = 2
    FORMER = 3


TIERS: Final[dict[Tier, Ask]] = {
    Tier.EXACT: ask_exact,
    Tier.WHOLE_WORDS: ask_whole_words,
    Tier.BEGINNINGS: ask_beginnings,
    Tier.FORMER: ask_former,
}


WORD_TIERS: Final = frozenset({Tier.WHOLE_WORDS, Tier.BEGINNINGS})
MAX_TOGETHER: Final = 200


@dataclass(frozen=True)
class Hit:
    """A record that was found, and by what."""

    record: Record
    explanation: Explanation

    @property
    def is_former(self) -> bool:
        return self.explanation.is_former


@dataclass(frozen=True)
class HitGroup:
    """The hits of one kind of record, best first. has_more: there are others; at most MAX_HITS are shown."""

    model: type[Record]
    hits: tuple[Hit, ...]
    has_more: bool


@dataclass(frozen=True)
class SearchResult:
    """The result of a search.

    groups: of records, without empty ones, that with the best hit first. names: of what has no record.
    """

    question: Question
    groups: tuple[HitGroup, ...]
    names: tuple[Name, ...] = ()


Found = dict[str, dict[int, Tier]]
"""Record type -> record id -> the best match."""


def search(viewer: Viewer, text: str) -> SearchResult:
    """Return what the viewer sees of the records and names that the text finds.

    At most MAX_HITS of each kind of record, and MAX_NAMES names.
    Of more than those, the ones of the last tier that is shown are any: to rank all matches of a common word
    would take as long as to read them all.
    """
    question = read_question(text, read_default_regions())
    kinds = [model_name(model) for model in visible_models(viewer)]
    if not question.text or not kinds:
        return SearchResult(question, ())
    with transaction.atomic():
        prefer_index()
        found = _find(viewer, question, kinds)
    groups = (_load_group(name, tiers, question) for name, tiers in found.items())
    best_first = sorted(found, key=lambda name: min(found[name].values()))
    by_name = {model_name(group.model): group for group in groups if group.hits}
    ranked = tuple(by_name[name] for name in best_first if name in by_name)
    return SearchResult(question, ranked, tuple(find_names(viewer, question)))


def read_default_regions() -> set[str]:
    """Return the regions in which the sources write numbers without a country code."""
    source_model: Any = record_models()[0]._meta.get_field("source").related_model
    sources = source_model._default_manager.exclude(default_region="")
    return set(sources.values_list("default_region", flat=True))


def _find(viewer: Viewer, question: Question, names: Sequence[str]) -> Found:
    """Return the matches tier by tier, of each kind one more than are shown, if there are so many."""
    found: Found = {name: {} for name in names}
    for tier, ask in TIERS.items():
        queries = {
            name: query for name in names if len(found[name]) <= MAX_HITS and (query := ask(question, name))
        }
        for name, record_id in _read_matches(viewer, tier, list(queries.values())):
            if len(found[name]) <= MAX_HITS:
                found[name].setdefault(record_id, tier)
    return {name: tiers for name, tiers in found.items() if tiers}


def _read_matches(viewer: Viewer, tier: Tier, queries: Sequence[str]) -> Iterable[tuple[str, int]]:
    """Return the first matches of each query, one more than are shown."""
    if not queries:
        return ()
    documents = visible_documents(viewer).values_list("record_type", "record_id")
    if tier not in WORD_TIERS:
        # Speed: few records have a value as a whole, and one query for all kinds of record is a short one.
        together = list(documents.filter(holds(" | ".join(queries)))[: MAX_TOGETHER + 1])
        if len(together) <= MAX_TOGETHER:
            return together
    first, *others = [documents.filter(holds(query))[: MAX_HITS + 1] for query in queries]
    return first.union(*others, all=True) if others else first


def _load_group(name: str, tiers: dict[int, Tier], question: Question) -> HitGroup:
    """Read the records, and say of each by what it was found."""
    model = record_models_by_name()[name]
    shown = sorted(tiers, key=tiers.__getitem__)[:MAX_HITS]
    documents = [field.name for field in model._meta.concrete_fields if isinstance(field, JSONField)]
    records = model._default_manager.filter(pk__in=shown).select_related("source").defer(*documents)
    former = [id for id in shown if tiers[id] is Tier.FORMER]
    lexemes = _read_lexemes(name, former) if former else {}
    hits = [
        Hit(
            record,
            explain_former(lexemes.get(record.pk, ()), question)
            if tiers[record.pk] is Tier.FORMER
            else explain_match(record, question),
        )
        for record in sorted(records, key=lambda record: _rank(record, tiers[record.pk]))
    ]
    return HitGroup(model, tuple(hits), len(tiers) > MAX_HITS)


def _read_lexemes(name: str, record_ids: Iterable[int]) -> dict[int, list[str]]:
    """Return the lexemes of the documents of these records."""
    documents = SearchDocument.objects.filter(record_type=name, record_id__in=record_ids)
    lexemes = Func("keys", function="tsvector_to_array", output_field=ArrayField(TextField()))
    return dict(documents.annotate(lexemes=lexemes).values_list("record_id", "lexemes"))


def _rank(record: Record, tier: Tier) -> tuple[Any, ...]:
    """Return the sort key of a hit: by tier, the live ones first, then those with the newest events."""
    time = record.last_event_at.timestamp() if record.last_event_at else 0.0
    return tier, record.is_deleted, record.is_placeholder, -time, record.pk
