"""Makes the parts of one random event out of a vendor's tables. Pure.

A seed gives the same events for ever: the order in which random numbers are drawn must not change.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

from entities.generator.envelope_writer import put_at
from entities.generator.word_pools import (
    AMOUNTS,
    COLUMN_VALUES,
    CROWD_OF_KEYS,
    EMPTY_TEXTS,
    FLAGS,
    INVALID_VALUES,
    INVISIBLE_ENDS,
    LABELS,
    TEXTS,
    UNKNOWN_KEYS,
    UNKNOWN_VALUES,
)
from entities.reading.converters import to_amount, to_document, to_flag, to_labels
from entities.reading.paths import ABSENT, Path
from entities.reading.plans.entity_plans import ColumnPlan, EntityPlan, ReferencePlan, entity_plans
from entities.reading.plans.event_plans import EventPlan
from entities.reading.times import EPOCH_UNITS, to_date, to_time
from entities.vendor_language import Vendor

ZONES = (UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8)))
FIRST_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
# Later than every time that is made up here.
LAST_MOMENT = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Circumstances:
    """How small and how hostile the generated world is.

    ids: number of records of each model in each sub-account.
    moments: number of different event times, a minute apart.
    timeless: share of events whose time is missing, unreadable or in the future. For these the time of
        receipt counts, so that only the same receipts give the same records.
    junk: share of values that their column cannot hold.
    crowded: share of payloads with several keys that no module names. They are drawn only if this is not 0.
    """

    ids: int = 3
    moments: int = 6
    timeless: float = 0.0
    junk: float = 0.03
    crowded: float = 0.0
    sub_accounts: tuple[str, ...] = ("sa_1", "sa_2")


@dataclass(frozen=True)
class PayloadMaker:
    """Makes the parts of one event."""

    random: Random
    vendor: Vendor
    circumstances: Circumstances

    def make_scope(self) -> dict[str, Any]:
        """Return the keys of the sub-account, if the vendor has sub-accounts; now and then none."""
        scope = self.vendor.scope
        if scope is None or self.random.random() < 0.05:
            return {}
        id = {scope.id.split()[0]: self.random.choice(self.circumstances.sub_accounts)}
        return id | self.make_columns(entity_plans(self.vendor.name)[scope.model], 0.2)

    def make_time(self) -> Any:
        """Return the event's time, an unusable one or none with probability `circumstances.timeless`."""
        if self.random.random() < self.circumstances.timeless:
            return self.random.choice((ABSENT, None, "soon", "9999-12-31T00:00:00Z"))
        moment = FIRST_MOMENT + timedelta(minutes=self.random.randrange(self.circumstances.moments))
        return self.spell_time(moment)

    def spell_time(self, moment: datetime) -> str | int:
        """Return the time, which has whole seconds, in one of the formats that vendors use."""
        if self.random.random() < 0.25:
            _, microseconds = self.random.choice(EPOCH_UNITS)
            number = int(moment.timestamp()) * 1_000_000 // microseconds
            return number if self.random.random() < 0.7 else str(number)
        local = moment.astimezone(self.random.choice(ZONES))
        text = local.isoformat(timespec=self.random.choice(("seconds", "milliseconds", "microseconds")))
        return text.replace("+00:00", self.random.choice(("+00:00", "Z")))

    def spell_text(self, text: str) -> str:
        """Return the text, now and then decomposed and with characters at its ends that nobody sees."""
        if self.random.random() < 0.85:
            return text
        before, after = self.random.choice(INVISIBLE_ENDS), self.random.choice(INVISIBLE_ENDS)
        return f"{before}{unicodedata.normalize('NFD', text)}{after}"

    def make_event(self, event_plan: EventPlan, share: float) -> dict[str, Any]:
        """Return path -> value of an event's record, and of what a type of this kind says of others."""
        plan, event_type = event_plan.plan, event_plan.event_type
        payload = self.make_record(plan, share)
        if len(plan.id) > 1 and (event_type.id or any(path.is_rooted for path in plan.id)):
            payload[self.random.choice(plan.id).place] = payload.pop(plan.id[0].place)
        for path in event_plan.ended:
            if self.random.random() < 0.6:
                self._put(payload, path, self.random.choice(FLAGS))
        for path in event_plan.merged:
            if self.random.random() < 0.4:
                ids = [self.make_id(plan.entity.model) for _ in range(self.random.randrange(1, 3))]
                choices = (ids[0],) if path in plan.id else (ids, ids[0], None)
                self._put(payload, path, self.random.choice(choices))
        return payload

    def make_property(self, plan: EntityPlan, keys: tuple[str, str]) -> dict[str, Any]:
        """Return a payload that has one property of a record as a pair of keys: its name, and its value."""
        name_key, value_key = keys
        properties = self.make_columns(plan, 1) or {UNKNOWN_KEYS[0]: None}
        for reference in plan.references:
            # A copy of another record's column says nothing without the reference, which is another property.
            properties[reference.paths[0].place] = self.make_id(reference.model)
        if self.random.random() < 0.1:
            properties = dict.fromkeys(UNKNOWN_KEYS, self.random.choice(UNKNOWN_VALUES))
        name = self.random.choice(sorted(properties))
        value = {value_key: properties[name]} if self.random.random() < 0.95 else {}
        return {plan.id[0].place: self.make_id(plan.entity.model), name_key: name} | value

    def make_record(self, plan: EntityPlan, share: float) -> dict[str, Any]:
        """Return a payload of one record: about this share of its columns, its references, and more."""
        payload = {plan.id[0].place: self.make_id(plan.entity.model)} | self.make_columns(plan, share)
        for reference in plan.references:
            payload |= self.make_reference(reference)
        for key in plan.entity.additions:
            if self.random.random() < 0.3:
                payload[key] = self.spell_text(self.random.choice(LABELS))
        if self.random.random() < 0.15:
            # The value is drawn before the key: Python evaluates the right side first.
            payload[self.random.choice(UNKNOWN_KEYS)] = self.random.choice(UNKNOWN_VALUES)
        if self.circumstances.crowded and self.random.random() < self.circumstances.crowded:
            keys = self.random.sample(CROWD_OF_KEYS, self.random.randrange(2, 6))
            payload |= {key: self.random.choice(UNKNOWN_VALUES) for key in keys}
        return payload

    def make_columns(self, plan: EntityPlan, share: float) -> dict[str, Any]:
        """Return about this share of the columns, most under the vendor's preferred key."""
        payload: dict[str, Any] = {}
        for column in plan.columns:
            if self.random.random() < share:
                path = column.paths[0] if self.random.random() < 0.8 else self.random.choice(column.paths)
                self._put(payload, path, self.make_value(column))
        return payload

    def _put(self, payload: dict[str, Any], path: Path, value: Any) -> None:
        """Put a value where nothing stands in its way. One outside of the payload keeps its path."""
        if len(path.parts) == 1 or path.is_rooted:
            payload.setdefault(path.place, value)
        elif isinstance(payload.get(path.parts[0], {}), dict):
            put_at(payload, path.parts, value)

    def make_reference(self, reference: ReferencePlan) -> dict[str, Any]:
        """Return nothing, null or empty, an id, one with copies of single columns, or an embedded record."""
        draw = self.random.random()
        target = entity_plans(self.vendor.name).get(reference.model)
        own_key = next(iter(reference.id_paths or reference.embedded_paths)).place
        if draw < 0.3:
            return {}
        if draw < 0.35:
            return {own_key: self.random.choice((None, *EMPTY_TEXTS))}
        if draw < 0.65 or target is None or not reference.embedded_paths:
            copies = {
                key: self.make_value(column)
                for key, column in reference.copies.items()
                if self.random.random() < 0.15
            }
            return {own_key: self.make_id(reference.model)} | copies
        embedded = {target.id[0].place: self.make_id(reference.model)} | self.make_columns(target, 0.5)
        return {reference.embedded_paths[0].place: embedded}

    def make_id(self, model: str) -> str | int:
        """Return one of the few ids of a model, now and then as a number."""
        number = self.random.randrange(self.circumstances.ids)
        return number if self.random.random() < 0.1 else f"{model[:2]}_{number}"

    def make_value(self, column: ColumnPlan) -> Any:
        """Return a value of the column's kind, null, an empty text, or one that the column cannot hold."""
        if self.random.random() < 0.1:
            return self.random.choice((None, None, *EMPTY_TEXTS))
        if self.random.random() < self.circumstances.junk:
            return self.random.choice(INVALID_VALUES)
        pool = COLUMN_VALUES.get(column.name.removeprefix("vendor_"))
        value = self.random.choice(pool) if pool else VALUE_MAKERS.get(column.convert, _make_text)(self)
        return self.spell_text(value) if isinstance(value, str) else value


def _make_text(maker: PayloadMaker) -> Any:
    return maker.random.choice(TEXTS)


def _make_amount(maker: PayloadMaker) -> Any:
    return maker.random.choice((*AMOUNTS, maker.random.randrange(100_000)))


def _make_moment(maker: PayloadMaker) -> Any:
    return maker.spell_time(FIRST_MOMENT + timedelta(hours=maker.random.randrange(2000)))


def _make_day(maker: PayloadMaker) -> Any:
    moment = FIRST_MOMENT + timedelta(hours=maker.random.randrange(2000))
    return moment.date().isoformat() if maker.random.random() < 0.3 else maker.spell_time(moment)


def _make_labels(maker: PayloadMaker) -> Any:
    labels = maker.random.sample(LABELS, maker.random.randrange(len(LABELS)))
    return [maker.spell_text(label) for label in labels]


VALUE_MAKERS: dict[Callable[[Any], Any], Callable[[PayloadMaker], Any]] = {
    to_amount: _make_amount,
    to_time: _make_moment,
    to_date: _make_day,
    to_flag: lambda maker: maker.random.choice((True, False)),
    to_labels: _make_labels,
    to_document: lambda maker: {"key": maker.random.randrange(3), "list": [1.5, None, "x"]},
}
"""A column's converter -> the function that makes values for it."""
