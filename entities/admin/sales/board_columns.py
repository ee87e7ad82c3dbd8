"""The columns of the board: one for each stage of a source, in staff's order, with its largest deals."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import F, QuerySet

from entities.admin.record_filters import is_stale
from entities.currencies import Total, add_totals, total_by
from entities.models import Deal, Name, NameKind
from entities.models.records import STAGE_KEY
from entities.names import NamedId, Names, column_ids, read_names

MAX_CARDS = 20
# Of more columns only the heads are shown: each costs a part of the query of the cards.
MAX_COLUMNS_WITH_CARDS = 40
LAST = 2**31
# As many characters of a stage as `STAGE_KEY` has, and of an owner.
MAX_KEY_CHARACTERS = 255
# The columns of GroupKey, in its order. They are grouped as they are, because an expression is slow (see
# `entities.currencies.total_query`); groups of one stage are joined afterwards.
GROUP_KEYS = {
    "source_key": F("source_id"),
    "scope_key": F("scope"),
    "stage_ref_key": F("stage_ref"),
    "stage_name_key": F("stage_name"),
    "owner_ref_key": F("owner_ref"),
    "owner_name_key": F("owner_name"),
}


class StageKey(NamedTuple):
    """A stage of a source. text: its id if `is_ref`, else its name; None for no stage."""

    source_id: int
    is_ref: bool
    text: str | None


def make_stage_key(source_id: int, ref: str | None, name: str | None) -> StageKey:
    """Return the stage of a deal, whose text is cut as an index and a name's id are."""
    text = name if ref is None else ref
    return StageKey(source_id, ref is not None, None if text is None else text[:MAX_KEY_CHARACTERS])


class GroupKey(NamedTuple):
    """The columns by which deals are grouped. See GROUP_KEYS."""

    source_id: int
    scope: str
    stage_ref: str | None
    stage_name: str | None
    owner_ref: str | None
    owner_name: str | None

    @property
    def stage(self) -> StageKey:
        return make_stage_key(self.source_id, self.stage_ref, self.stage_name)

    @property
    def owner_id(self) -> NamedId | None:
        if not self.owner_ref:
            return None
        return NamedId(self.source_id, self.scope, NameKind.PERSON, self.owner_ref[:MAX_KEY_CHARACTERS])

    def list_ids(self) -> Iterator[NamedId]:
        """Yield the ids that may have names."""
        if self.stage.is_ref:
            yield NamedId(self.source_id, self.scope, NameKind.STAGE, self.stage.text or "")
        if self.owner_id:
            yield self.owner_id

    def name_owner(self, names: Names) -> str:
        """Return what the owner is called: by the name of his id, else as the deals call him."""
        if self.owner_id:
            return names.find(self.owner_id) or self.owner_id.ref
        return (self.owner_name or "")[:MAX_KEY_CHARACTERS] or "nobody"


@dataclass
class BoardColumn:
    """A stage with all its deals' total, whose marked ones stand still, and its largest deals."""

    key: StageKey
    title: str
    source: str
    total: Total
    cards: list[Deal] = field(default_factory=list)


@dataclass(frozen=True)
class Board:
    """The columns; the total by owner (owner's name -> total); the names of all ids on the board."""

    columns: tuple[BoardColumn, ...]
    owners: dict[str, Total]
    names: Names


def read_board(rows: QuerySet[Deal], sources: dict[int, str], stale_days: int) -> Board:
    """Read the board of these deals: one aggregate over all of them, and the largest of each stage.

    sources: id -> name. stale_days: from how many days in one stage on a deal stands still.
    """
    groups = total_by(rows, "value", GROUP_KEYS, marked=is_stale(stale_days))
    parts = [(GroupKey(*key), total) for key, total in groups.items()]
    ids = {named for key, _ in parts for named in key.list_ids()}
    stages: dict[StageKey, list[Any]] = defaultdict(list)
    cards = _read_cards(rows, sorted({key.stage for key, _ in parts}, key=str))
    names = read_names([*ids, *(named for card in cards for named in column_ids(card))])
    owners: dict[str, list[Total]] = defaultdict(list)
    for key, total in parts:
        stages[key.stage].append((key.scope, total))
        owners[key.name_owner(names)].append(total)
    columns = _order_columns(
        BoardColumn(key, _title(key, parts, names), sources[key.source_id], add_totals(t for _, t in parts))
        for key, parts in stages.items()
    )
    by_key = {column.key: column for column in columns}
    for card in cards:
        by_key[make_stage_key(card.source_id, card.stage_ref, card.stage_name)].cards.append(card)
    return Board(columns, {name: add_totals(parts) for name, parts in sorted(owners.items())}, names)


def _title(key: StageKey, parts: Sequence[tuple[str, Total]], names: Names) -> str:
    """Return the stage's name; sub-accounts may call one id differently, and then all names are said."""
    if key.text is None:
        return "No stage"
    if not key.is_ref:
        return key.text
    ids = (NamedId(key.source_id, scope, NameKind.STAGE, key.text) for scope, _ in parts)
    found = {name for named in ids if (name := names.find(named))}
    return " / ".join(sorted(found)) or f"{key.text} (unnamed)"


def _order_columns(columns: Iterable[BoardColumn]) -> tuple[BoardColumn, ...]:
    """Return the columns by source and in staff's order; stages without a position come last, by name."""
    listed = list(columns)
    positions = read_stage_positions(
        (column.key.source_id, column.key.text or "") for column in listed if column.key.is_ref
    )
    return tuple(
        sorted(
            listed,
            key=lambda column: (
                column.source,
                column.key.text is None,
                positions.get((column.key.source_id, column.key.text or ""), LAST),
                column.title.lower(),
                str(column.key),
            ),
        )
    )


def read_stage_positions(stages: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Return staff's position of each of these stages that has one: the source's before a sub-account's.

    stages: pairs of a source's id and the id of a stage.
    """
    wanted = set(stages)
    rows = Name.objects.filter(
        kind=NameKind.STAGE,
        source__in={source for source, _ in wanted},
        ref__in={ref for _, ref in wanted},
        position__isnull=False,
    )
    positions: dict[tuple[int, str], int] = {}
    for source, ref, position in rows.order_by("scope").values_list("source_id", "ref", "position"):
        positions.setdefault((source, ref), position or 0)
    return positions


def _read_cards(rows: QuerySet[Deal], keys: Sequence[StageKey]) -> list[Deal]:
    """Return the largest deals of each stage, the largest first; an index serves each part of the query."""
    parts = [_largest_of(rows, key) for key in keys[:MAX_COLUMNS_WITH_CARDS]]
    if not parts:
        return []
    cards = Deal.objects.filter(pk__in=list(parts[0].union(*parts[1:], all=True)))
    cards = cards.select_related("source", "client", "contact", "sub_account")
    documents: tuple[str, ...] = ("registers", "extra", "custom_fields")
    documents += tuple(
        f"{name}__{column}" for name in ("client", "contact") for column in ("registers", "extra")
    )
    return list(cards.defer(*documents).order_by(F("value").desc(nulls_last=True), "id"))


def _largest_of(rows: QuerySet[Deal], key: StageKey) -> QuerySet[Any]:
    of_stage = rows.alias(stage_key=STAGE_KEY).filter(
        source=key.source_id,
        stage_ref__isnull=not key.is_ref,
        **({"stage_key": key.text} if key.text is not None else {"stage_key__isnull": True}),
    )
    return of_stage.order_by(F("value").desc(nulls_last=True), "id").values_list("pk", flat=True)[:MAX_CARDS]
