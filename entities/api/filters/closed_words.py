"""Closed lists of words: a filter by a word that does not exist is refused, instead of finding nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import Model

from entities.access.visibility import Viewer, visible_to
from entities.api.filters.parameter_values import quote_value, raise_invalid
from entities.models import Record, Word
from entities.models.conversation import INBOUND, OUTBOUND
from entities.models.introspection import model_name

# The lookups that name whole words of the list.
WORD_LOOKUPS = frozenset({"exact", "in", "not", "not_in"})
# Of a longer list the refusal names the first ones.
MAX_OFFERED = 60


@dataclass(frozen=True)
class ClosedWords:
    """The words that exist in a column, for the viewer who asks.

    offer: returns the list that a refusal shows. has_other: returns True for a word that exists all the same.
    What the viewer does not see does not exist for him.
    """

    offer: Callable[[Viewer], Sequence[str]]
    has_other: Callable[[Viewer, str], bool] = lambda viewer, word: False

    def read(self, viewer: Viewer, words: Sequence[str]) -> list[str]:
        """Return the words as the column has them, whatever their case. Raises ValidationError."""
        offered = self.offer(viewer)
        by_lower = {word.lower(): word for word in offered}
        return [
            by_lower.get(word.strip().lower())
            or (word if self.has_other(viewer, word) else _refuse(word, offered))
            for word in words
        ]


def _refuse(word: str, offered: Sequence[str]) -> str:
    more = f" and {len(offered) - MAX_OFFERED} more" if len(offered) > MAX_OFFERED else ""
    choices = f"Choose from: {', '.join(offered[:MAX_OFFERED])}{more}." if offered else "There is none."
    return raise_invalid(f"{quote_value(word)} does not exist. {choices}")


def read_word(closed: ClosedWords, viewer: Viewer, value: str | list[str]) -> str | list[str]:
    """Return a filter's value, one word or several, as the column has it. Raises ValidationError."""
    return closed.read(viewer, value) if isinstance(value, list) else closed.read(viewer, [value])[0]


def source_words(source_model: type[Model]) -> ClosedWords:
    """Return the slugs of the sources of which the viewer sees something."""
    rows = source_model._default_manager.order_by("slug")
    return ClosedWords(lambda viewer: list(visible_to(viewer, rows).values_list("slug", flat=True)))


def find_closed_columns(model: type[Record]) -> dict[str, ClosedWords]:
    """Return column -> its words, for those columns of a mirrored model that have closed ones."""
    source_model = model._meta.get_field("source").related_model
    closed = {"source": source_words(source_model)}
    if rule := model.conversation_rule:
        closed[rule.direction] = _direction_words(model, rule.direction)
    return closed


def _direction_words(model: type[Record], column: str) -> ClosedWords:
    """Return both directions; and any other word that a vendor has said instead."""
    said = Word.objects.filter(record_type=model_name(model), field=column)
    return ClosedWords(
        lambda viewer: (INBOUND, OUTBOUND),
        lambda viewer, word: visible_to(viewer, said.filter(word=word)).exists(),
    )
