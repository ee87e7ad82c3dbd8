"""The scope of a reader of the feed: the kinds of record, sources and sub-accounts that somebody sees."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import Q

from entities.access.visibility import Viewer, Visibility, make_condition, visibility_of
from entities.access.visible_kinds import visible_models
from entities.models import Change
from entities.models.introspection import record_models_by_name

ScopeDocument = dict[str, Any]


@dataclass(frozen=True)
class ReaderScope:
    """The kinds of record that somebody may not view, and the sources and sub-accounts that he sees."""

    hidden_types: frozenset[str]
    visibility: Visibility

    @classmethod
    def of(cls, viewer: Viewer) -> Self:
        """Return the scope of a viewer as it is now."""
        visible = {str(model._meta.model_name) for model in visible_models(viewer)}
        return cls(frozenset(record_models_by_name().keys() - visible), visibility_of(viewer))

    @classmethod
    def load(cls, document: ScopeDocument) -> Self:
        """Return the scope that `dump` has made a document of."""
        visibility = Visibility(
            document["all"],
            frozenset(document["sources"]),
            frozenset((source, scope) for source, scope in document["parts"]),
        )
        return cls(frozenset(document["hidden"]), visibility)

    def dump(self) -> ScopeDocument:
        """Return the scope as JSON, the same for equal scopes."""
        return {
            "hidden": sorted(self.hidden_types),
            "all": self.visibility.is_unlimited,
            "sources": sorted(self.visibility.whole_sources),
            "parts": sorted(map(list, self.visibility.sub_accounts)),
        }

    def digest(self) -> str:
        """Return 16 hexadecimal digits that are the same for equal scopes."""
        return hashlib.sha256(json.dumps(self.dump()).encode()).hexdigest()[:16]

    def shows(self, record_type: str, source_id: int, scope: str) -> bool:
        """Return True if a record is seen. scope: as in `Change`."""
        return record_type not in self.hidden_types and self.visibility.shows(source_id, scope)

    def match_changes(self) -> Q:
        """Return the condition for the changes of the records that are seen."""
        shown = Q(record_type__in=sorted(record_models_by_name().keys() - self.hidden_types))
        return shown if self.visibility.is_unlimited else shown & make_condition(self.visibility, Change)
