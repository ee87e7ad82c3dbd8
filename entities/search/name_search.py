"""Finds the names of what has no record of its own, such as stages and people."""

from collections.abc import Iterator

from entities.access.visibility import Viewer, visible_to
from entities.access.visible_kinds import visible_models
from entities.models import Name
from entities.search.question import Question
from entities.search.text_folding import split_words

MAX_NAMES = 20
# Nothing folds texts in the database, so that the names are read; a mirror has some hundreds.
MAX_READ_NAMES = 5_000


def find_names(viewer: Viewer, question: Question) -> list[Name]:
    """Return names of which each word of the question begins a word, by source, kind and id."""
    wanted = [word for part in question.parts for word in part.words]
    if not wanted or not visible_models(viewer):
        return []
    named = visible_to(viewer, Name.objects.exclude(name="", vendor_name="")).select_related("source")
    rows = named.order_by("source__slug", "kind", "ref", "scope")[:MAX_READ_NAMES]
    return [name for name in rows if _has_words(name, wanted)][:MAX_NAMES]


def _has_words(name: Name, wanted: list[str]) -> bool:
    return any(
        all(any(word.startswith(beginning) for word in words) for beginning in wanted)
        for words in _read_words(name)
    )


def _read_words(name: Name) -> Iterator[list[str]]:
    """Yield the words of what staff call it, and of what the vendor calls it."""
    yield split_words(name.name)
    yield split_words(name.vendor_name)
