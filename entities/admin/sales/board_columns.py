"""The columns of the board: one for each stage of a source, in staff's order, with its largest deals."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import BooleanField, Case, ExpressionWrapper, F, Q, QuerySet, Value, When
from django.db.models.functions import Left

from entities.admin.record_filters import is_stale
from entities.currencies import Total, add_totals, total_by
from entities.models import Deal, Name, NameKind
from entities.models.records import STAGE_KEY
from entities.names import NamedId, Names, column_ids, read_names

MAX_CARDS = 20
# Of more columns only the heads are shown: each costs a part of the query of the cards.
MAX_COLUMNS_WITH_CARDS = 40
LAST = 2**31


class StageKey(NamedTuple):
    """A stage of a source. text: its id if `is_ref`, else its name; None for no stage."""

    source_id: int
    is_ref: bool
    text: str | None


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
    keys = {
        "source_key": F("source_id"),
        "scope_key": F("scope"),
        "is_ref": ExpressionWrapper(Q(stage_ref__isnull=False), BooleanField()),
        "stage_key": STAGE_KEY,
        "owner_key": Left("owner_ref", 255),
        # Only where it is needed: a name that changes would split the groups of one owner.
        "owner_label": Case(When(owner_ref__isnull=True, then=Left("owner_name", 255)), default=Value(None)),
    }
    groups = total_by(rows, "value", keys, marked=is_stale(stale_days))
    ids = set()
    for source, scope, is_ref, stage, owner, _ in groups:
        if is_ref:
            ids.add(NamedId(source, scope, NameKind.STAGE, stage))
        if owner:
            ids.add(NamedId(source, scope, NameKind.PERSON, owner))
    stages: dict[StageKey, list[Any]] = defaultdict(list)
    cards = _read_cards(rows, sorted({StageKey(*key[:1], *key[2:4]) for key in groups}, key=str))
    names = read_names([*ids, *(named for card in cards for named in column_ids(card))])
    owners: dict[str, list[Total]] = defaultdict(list)
    for (source, scope, is_ref, stage, owner, label), total in groups.items():
        stages[StageKey(source, is_ref, stage)].append((scope, total))
        person = names.find(NamedId(source, scope, NameKind.PERSON, owner)) or owner if owner else label
        owners[person or "nobody"].append(total)
    columns = _order_columns(
        BoardColumn(key, _title(key, parts, names), sources[key.source_id], add_totals(t for _, t in parts))
        for key, parts in stages.items()
    )
    by_key = {column.key: column for column in columns}
    for card in cards:
        is_ref = card.stage_ref is not None
        text = (card.stage_ref if is_ref else card.stage_name) or None
        by_key[StageKey(card.source_id, is_ref, text[:255] if text else None)].cards.append(card)
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
    rows = Name.objects.filter(
        kind=NameKind.STAGE,
        source__in={column.key.source_id for column in listed},
        ref__in={column.key.text for column in listed if column.key.is_ref},
        position__isnull=False,
    )
    positions: dict[tuple[int, str], int] = {}
    for source, ref, position in rows.order_by("scope").values_list("source_id", "ref", "position"):
        positions.setdefault((source, ref), position or 0)
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
