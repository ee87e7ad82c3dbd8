"""The choices of a list's filters: the words in use, ids by their names, and sub-accounts."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import BigIntegerField, F, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, NullIf
from django.http import HttpRequest

from entities.access.visibility import viewer_of, visible_to
from entities.models import NameKind, Record, SubAccount, Word
from entities.models.introspection import model_name
from entities.models.naming.named_refs import named_refs
from entities.names import NamedId, Names, read_names

SUB_ACCOUNT = "sub_account"
SOURCE = "source"
# More words of a model than these are not read, and more choices of one filter are not offered. An id that is
# left out can still be asked for by the address.
MAX_WORDS = 10_000
MAX_CHOICES = 500
CACHE_ATTRIBUTE = "_choices_in_use"


class ChoicesInUse:
    """The choices of one list, for one viewer.

    sources: slug -> name. words: column -> words, sorted. ids: parameter -> value -> the ids that may have
    names. names: of all ids; whoever reads names for the page reads these too (`all_ids`), or else they are
    read when they are asked for.
    """

    def __init__(
        self,
        sources: dict[str, str],
        words: dict[str, list[str]],
        ids: dict[str, dict[str, list[NamedId]]],
    ) -> None:
        self.sources, self.words, self.ids = sources, words, ids
        self.names: Names | None = None

    def all_ids(self) -> Iterator[NamedId]:
        """Yield every id whose name is shown."""
        return (id for values in self.ids.values() for ids in values.values() for id in ids)

    def find_label(self, parameter: str, value: str) -> str:
        """Return the name of an id, or its names, if sources or sub-accounts call it by several."""
        if self.names is None:
            self.names = read_names(self.all_ids())
        ids = self.ids.get(parameter, {}).get(value, [])
        found = sorted({name for id in ids if (name := self.names.find(id))})
        if found:
            return " or ".join(found[:3])
        return f"{ids[0].ref} (unnamed)" if ids else f"{value} (unknown)"


def choices_in_use(request: HttpRequest, model: type[Record]) -> ChoicesInUse:
    """Return the choices of the list that the request asks for, by one query the first time."""
    if not hasattr(request, CACHE_ATTRIBUTE):
        setattr(request, CACHE_ATTRIBUTE, _read_choices(request, model))
    return getattr(request, CACHE_ATTRIBUTE)


def _read_choices(request: HttpRequest, model: type[Record]) -> ChoicesInUse:
    refs = named_refs(model)
    sources: dict[str, str] = {}
    words: dict[str, set[str]] = defaultdict(set)
    ids: dict[str, dict[str, list[NamedId]]] = defaultdict(lambda: defaultdict(list))
    for source_id, scope, field, word, row_id in _read_rows(request, model):
        if field == SOURCE:
            sources[word] = scope
        elif field == SUB_ACCOUNT:
            ids[field][str(row_id)].append(NamedId(source_id, "", NameKind.SUB_ACCOUNT, word))
        elif field in refs:
            ids[field][word].append(NamedId(source_id, scope, refs[field].kind, word))
        else:
            words[field].add(word)
    return ChoicesInUse(
        dict(sorted(sources.items())), {field: sorted(found) for field, found in words.items()}, ids
    )


def _read_rows(request: HttpRequest, model: type[Record]) -> Any:
    """Return (source's id, scope, column, word, 0) of each word, and the like of sub-accounts and sources.

    A sub-account has its id in the CRM as the word, and its row's id last. A source has its name as
    the scope, and its slug as the word.
    """
    viewer = viewer_of(request)
    sources_model: Any = Word._meta.get_field("source").related_model
    words = visible_to(viewer, Word.objects.filter(record_type=model_name(model)))
    accounts = visible_to(viewer, SubAccount.objects.filter(is_deleted=False))
    sources = visible_to(viewer, sources_model._default_manager.all())
    name = Coalesce(NullIf("label", Value("")), Cast("slug", TextField()))
    parts = (
        _select(words, "scope", F("field"), F("word"), Value(0))[:MAX_WORDS],
        _select(accounts, "scope", Value(SUB_ACCOUNT), F("external_id"), F("pk"))[:MAX_CHOICES],
        _select(sources, name, Value(SOURCE), F("slug"), Value(0), key="pk"),
    )
    return parts[0].union(*parts[1:], all=True)


def _select(
    rows: QuerySet, scope: Any, field: Any, word: Any, row_id: Any, key: str = "source_id"
) -> QuerySet:
    """Return five columns of the same types for each row."""
    return rows.order_by().values_list(
        F(key),
        Cast(scope, TextField()),
        Cast(field, TextField()),
        Cast(word, TextField()),
        Cast(row_id, BigIntegerField()),
    )
