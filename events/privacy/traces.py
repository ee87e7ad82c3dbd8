"""Removes what users and loads left of a person: in saved views, lists of records and the audit log."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode

from django.db.models import Q

from entities.erasure.marked_addresses import Address, find_possible_addresses
from entities.models import AuditEntry, SavedView, ViewedRecord
from entities.search.text_folding import fold
from events.models import Finding, ListedRecord, ResourceProgress
from events.privacy.plan import ErasurePlan
from events.privacy.subject_search import Subject

REMOVED = "(erased)"
ROWS_PER_FETCH = 1000


class Terms:
    """The texts by which people call a person: his addresses, his full names, the ids of his records."""

    def __init__(self, subject: Subject, plan: ErasurePlan) -> None:
        self._addresses: frozenset[Address] = subject.addresses
        ids = (key.external_id for _, key in plan.erased)
        self._words = {fold(text) for text in (*subject.names, *ids) if len(text) >= MIN_LENGTH}

    def stand_in(self, text: str) -> bool:
        """Return True if one of them stands in a text, also in the encoding of an address of a page."""
        plain = unquote_plus(text)
        folded = fold(plain)
        return any(word in folded for word in self._words) or not self._addresses.isdisjoint(
            find_possible_addresses(plain)
        )

    def remove(self, value: Any) -> Any:
        """Return a JSON value with REMOVED for each text in which one of them stands."""
        if isinstance(value, str):
            return REMOVED if self.stand_in(value) else value
        if isinstance(value, list):
            return [self.remove(one) for one in value]
        if isinstance(value, dict):
            return {self.remove(key): self.remove(one) for key, one in value.items()}
        return value


# A shorter id or name stands in texts that mean something else.
MIN_LENGTH = 4


def remove_traces(subject: Subject, plan: ErasurePlan) -> dict[str, int]:
    """Remove the traces; return what they are -> how many rows were changed or deleted."""
    terms = Terms(subject, plan)
    return {
        "viewed_records": _delete_viewed(plan),
        "listed_records": sum(_delete_listed(model, plan) for model in (ListedRecord, Finding)),
        "saved_views": sum(map(_save_view, _changed_views(terms))),
        "audit_entries": sum(map(_save_entry, _changed_entries(terms))),
    }


def _delete_viewed(plan: ErasurePlan) -> int:
    records = Q()
    for source_id, key in plan.erased:
        records |= Q(source=source_id, record_type=key.model, scope=key.scope, external_id=key.external_id)
    return ViewedRecord.objects.filter(records).delete()[0] if records else 0


def _delete_listed(model: type[ListedRecord] | type[Finding], plan: ErasurePlan) -> int:
    """Delete the ids of the person's records that loads of their sources have noted."""
    ids: dict[int, set[str]] = defaultdict(set)
    for source_id, key in plan.erased:
        ids[source_id].add(key.external_id)
    found = (
        model._default_manager.filter(
            progress__in=ResourceProgress.objects.filter(load__source=source_id), external_id__in=named
        )
        for source_id, named in ids.items()
    )
    return sum(rows.delete()[0] for rows in found)


def _changed_views(terms: Terms) -> Iterator[SavedView]:
    for view in SavedView.objects.iterator(ROWS_PER_FETCH):
        pairs = parse_qsl(view.query, keep_blank_values=True)
        kept = [(name, value) for name, value in pairs if not terms.stand_in(value)]
        name = REMOVED if terms.stand_in(view.name) else view.name
        if len(kept) < len(pairs) or name != view.name:
            view.query = urlencode(kept) if len(kept) < len(pairs) else view.query
            # A person's views of one kind have different names.
            view.name = f"{name} {view.pk}" if name == REMOVED else name
            yield view


def _save_view(view: SavedView) -> int:
    view.save(update_fields=["query", "name"])
    return 1


def _changed_entries(terms: Terms) -> Iterator[AuditEntry]:
    for entry in AuditEntry.objects.iterator(ROWS_PER_FETCH):
        detail, text = terms.remove(entry.detail), terms.remove(entry.object_text)
        if (detail, text) != (entry.detail, entry.object_text):
            entry.detail, entry.object_text = detail, text
            yield entry


def _save_entry(entry: AuditEntry) -> int:
    entry.save(update_fields=["detail", "object_text"])
    return 1
