"""Checks of deletions: one that is not recognised would say that the record exists.

Ids: entities.W015 and W016.
"""

import re

from entities.checks.check_errors import Errors, make_warning
from entities.merge.clock import Rank
from entities.reading.plans.event_plans import WILDCARD, last_word
from entities.vendor_language import DELETION_VERBS, EventType, Vendor, rank_of

# Beginnings of words by which vendors say that a record is gone. What is closed or archived is still there.
DELETION_WORD = re.compile("(delet|remov|destroy|trash|purg|eras|discard).*|dropped|gone")
# Words in a type: ContactDelete, contact_deleted, contact/deleted, CONTACT_DELETED.
TYPE_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def check_deletions(module: str, vendor: Vendor) -> Errors:
    """Yield warnings for types that read like a deletion and are none, and for records that none deletes."""
    for name, event in vendor.events.items():
        if event.rank is None and not _deletes(name, event) and _reads_like_a_deletion(name):
            hint = (
                f"Write {name!r}: EventType(..., Rank.DELETED), or Rank.OTHER if the record stays."
                f" The verbs of deletion are {', '.join(DELETION_VERBS.split())}."
            )
            yield make_warning("W016", module, f"event {name!r} reads like a deletion and is none", hint)
    deleted = {event.entity.model for name, event in vendor.events.items() if _deletes(name, event)}
    for entity in vendor.entities.values():
        if entity is not vendor.scope and entity.model not in deleted and not entity.is_never_deleted:
            hint = "Add the type by which the vendor says so, or write is_never_deleted=True if it has none."
            yield make_warning("W015", module, f"no event deletes a record of entity {entity.model!r}", hint)


def _deletes(name: str, event: EventType) -> bool:
    """Return True if events of this type delete their record, or some of an open set may."""
    if event.rank is not None:
        return event.rank is Rank.DELETED
    return name.endswith(WILDCARD) or rank_of(last_word(name)) is Rank.DELETED


def _reads_like_a_deletion(name: str) -> bool:
    return any(DELETION_WORD.fullmatch(word.lower()) for word in TYPE_WORDS.findall(name))
