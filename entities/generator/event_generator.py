"""Makes up events of any vendor out of its tables: realistic shapes, hostile circumstances. Pure.

What vendors do to a mirror is in here: few ids, so that records collide, also across sub-accounts;
equal times; deletions and revivals; partial payloads, nulls, embedded copies and scalars beside
references; ids as numbers; every spelling of a time; values of the wrong kind; keys nobody mapped.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

from entities.reading.converters import (
    parse_time,
    to_amount,
    to_date,
    to_document,
    to_flag,
    to_labels,
    to_time,
)
from entities.reading.plan import ColumnPlan, EntityPlan, ReferencePlan, entity_plans
from entities.vendor_language import Vendor

FIRST_NAMES = ("Jane", "Aisha", "Tomás", "Mei", "Oluwaseun", "Zoë")
LAST_NAMES = ("Doe", "Rahman", "Silva", "Chen", "Adeyemi", "van der Berg")
COMPANIES = ("Acme Inc.", "Globex GmbH", "Initech", "Umbrella & Sons", "Stark Tools")
SUBJECTS = ("Website redesign", "Enterprise license", "Follow-up call", "Annual audit", "Product demo")

POOLS: dict[str, tuple[Any, ...]] = {
    "first_name": FIRST_NAMES,
    "last_name": LAST_NAMES,
    "name": COMPANIES,
    "client_name": COMPANIES,
    "company_name": COMPANIES,
    "title": SUBJECTS,
    "email": ("jane@example.com", "mei.chen@example.org", "sales@acme.example"),
    "phone": ("+15551234567", "+442079460123", "+97142345678"),
    "mobile": ("+15551234567", "+971501234567"),
    "website": ("https://acme.example", "https://globex.example"),
    "stage_name": ("New", "Qualified", "Proposal", "Negotiation"),
    "lifecycle_stage": ("lead", "qualified", "customer"),
    "origin": ("Website", "Referral", "api", "Cold call"),
    "priority": ("LOW", "MEDIUM", "HIGH"),
    "status": ("ACTIVE", "open", "WON", "LOST", "draft", "SENT", "paid", "completed", "scheduled"),
    "channel": ("sms", "email", "messenger", "live_chat"),
    "direction": ("inbound", "outbound"),
    "currency": ("usd", "EUR", "aed", "KWD"),
    "type": ("company", "contact"),
    "body": ("Hi, I'd like to schedule an appointment", "Thanks! 👍", "=1+1", ""),
}
LABELS = ("vip", "website-lead", "newsletter", "überfällig")
JUNK: tuple[Any, ...] = (
    True,
    "not a date",
    "1e999",
    -1.5,
    {"nested": [1, None]},
    [],
    "x" * 300,
    "\x00",
    "\ud800",
    10**30,
)
UNKNOWN_KEYS = ("score", "utmCampaign", "internalNote", "x+flag")
ZONES = (UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8)))
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Circumstances:
    """How small and how hostile the made-up world is.

    ids: how many records of each kind there are in each sub-account.
    moments: how many different event times, a minute apart.
    timeless: share of events whose time is missing, unreadable or in the future; the mirror then
        goes by the time of receipt, so that only the same receipts give the same records.
    junk: share of values of a wrong kind.
    """

    ids: int = 3
    moments: int = 6
    timeless: float = 0.0
    junk: float = 0.03
    sub_accounts: tuple[str, ...] = ("sa_1", "sa_2")


def generate_event(random: Random, vendor: Vendor, circumstances: Circumstances) -> bytes:
    """One event's body."""
    event_type = random.choice(vendor.event_types)
    entity = vendor.events[event_type].entity
    maker = PayloadMaker(random, vendor, circumstances)
    plan = entity_plans(vendor.name)[entity.model]
    payload = maker.scope() | maker.record(plan, 0.9 if random.random() < 0.5 else 0.3)
    if entity.identified_by_digest and random.random() < 0.5:
        payload = {key: value for key, value in payload.items() if key not in entity.id}
    content = {vendor.type_key: event_type, vendor.payload_keys[0]: payload}
    return json.dumps(content | maker.time(vendor.time_key), ensure_ascii=random.random() < 0.5).encode(
        errors="replace"
    )


def generate_stream(vendor: Vendor, count: int, seed: int) -> list[bytes]:
    """`count` different bodies of as many events, in the order in which they happened.

    The same vendor, count and seed give the same bodies, byte for byte, on any machine.
    """
    random = Random(seed)  # noqa: S311
    circumstances = Circumstances(ids=max(3, count // 60), moments=max(6, count // 3))
    bodies: dict[bytes, None] = {}
    while len(bodies) < count:
        bodies[generate_event(random, vendor, circumstances)] = None
    return sorted(bodies, key=lambda body: (_happened(vendor, body), body))


def shuffle_and_repeat(
    bodies: list[bytes], seed: int, repeated: float = 0.1, late: int = 50
) -> Iterator[bytes]:
    """The same events as a bad network delivers them: some twice, and up to `late` places out of order."""
    random = Random(seed)  # noqa: S311
    deliveries = [(place + random.uniform(0, late), body) for place, body in enumerate(bodies)]
    again = [
        (place + random.uniform(0, 4 * late), body)
        for place, body in deliveries
        if random.random() < repeated
    ]
    return (body for _, body in sorted(deliveries + again))


def _happened(vendor: Vendor, body: bytes) -> datetime:
    return parse_time(json.loads(body)[vendor.time_key])


@dataclass(frozen=True)
class PayloadMaker:
    """Makes the parts of one event."""

    random: Random
    vendor: Vendor
    circumstances: Circumstances

    def scope(self) -> dict[str, Any]:
        scope = self.vendor.scope
        if scope is None or self.random.random() < 0.05:
            return {}
        said = {scope.id[0]: self.random.choice(self.circumstances.sub_accounts)}
        return said | self.columns(entity_plans(self.vendor.name)[scope.model], 0.2)

    def time(self, key: str) -> dict[str, Any]:
        if self.random.random() < self.circumstances.timeless:
            return self.random.choice(({}, {key: None}, {key: "soon"}, {key: "9999-12-31T00:00:00Z"}))
        moment = EPOCH + timedelta(minutes=self.random.randrange(self.circumstances.moments))
        return {key: self.spelled(moment)}

    def spelled(self, moment: datetime) -> str | int:
        """One of the spellings of a time that vendors use."""
        if self.random.random() < 0.2:
            return int(moment.timestamp() * 1000)
        local = moment.astimezone(self.random.choice(ZONES))
        return local.isoformat(timespec=self.random.choice(("seconds", "milliseconds", "microseconds")))

    def record(self, plan: EntityPlan, share: float) -> dict[str, Any]:
        """A payload of one record: about this share of its columns, its references, and more."""
        payload = {plan.entity.id[0]: self.id(plan.entity.model)} | self.columns(plan, share)
        for reference in plan.references:
            payload |= self.reference(reference)
        for key in plan.entity.additions:
            if self.random.random() < 0.3:
                payload[key] = self.random.choice(LABELS)
        if self.random.random() < 0.15:
            payload[self.random.choice(UNKNOWN_KEYS)] = self.random.choice((None, 7, 1.25, "a", {"b": [1]}))
        return payload

    def columns(self, plan: EntityPlan, share: float) -> dict[str, Any]:
        payload: dict[str, Any] = {}
        for column in plan.columns:
            if self.random.random() < share:
                key, part = (
                    column.paths[0] if self.random.random() < 0.8 else self.random.choice(column.paths)
                )
                value = self.value(column)
                if part is None:
                    payload.setdefault(key, value)
                elif isinstance(held := payload.setdefault(key, {}), dict):
                    held[part] = value
        return payload

    def reference(self, reference: ReferencePlan) -> dict[str, Any]:
        """Absent, null, an id, an id with scalars beside it, or an embedded record."""
        draw = self.random.random()
        target = entity_plans(self.vendor.name).get(reference.model)
        own_key = next(iter(reference.id_keys or reference.embedded_keys))
        if draw < 0.3:
            return {}
        if draw < 0.35:
            return {own_key: None}
        if draw < 0.65 or target is None or not reference.embedded_keys:
            beside = {
                key: self.value(column)
                for key, column in reference.copies.items()
                if self.random.random() < 0.15
            }
            return {own_key: self.id(reference.model)} | beside
        embedded = {target.entity.id[0]: self.id(reference.model)} | self.columns(target, 0.5)
        return {reference.embedded_keys[0]: embedded}

    def id(self, model: str) -> str | int:
        number = self.random.randrange(self.circumstances.ids)
        return number if self.random.random() < 0.1 else f"{model[:2]}_{number}"

    def value(self, column: ColumnPlan) -> Any:
        if self.random.random() < 0.1:
            return None
        if self.random.random() < self.circumstances.junk:
            return self.random.choice(JUNK)
        pool = POOLS.get(column.name.removeprefix("vendor_"))
        return self.random.choice(pool) if pool else KINDS.get(column.convert, _word)(self)


def _word(maker: PayloadMaker) -> Any:
    return maker.random.choice(("alpha", "beta", "gamma", 42, "ünï", "ref_1"))


def _amount(maker: PayloadMaker) -> Any:
    return maker.random.choice((0, 5000, 25000, 99.95, "1250.5", maker.random.randrange(100_000)))


def _moment(maker: PayloadMaker) -> Any:
    return maker.spelled(EPOCH + timedelta(hours=maker.random.randrange(2000)))


KINDS: dict[Callable[[Any], Any], Callable[[PayloadMaker], Any]] = {
    to_amount: _amount,
    to_time: _moment,
    to_date: _moment,
    to_flag: lambda maker: maker.random.choice((True, False)),
    to_labels: lambda maker: maker.random.sample(LABELS, maker.random.randrange(len(LABELS))),
    to_document: lambda maker: {"key": maker.random.randrange(3), "list": [1.5, None, "x"]},
}
