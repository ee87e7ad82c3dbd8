"""The invented company: events that the mirror reads whole, with what makes a company's data hard."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from entities.generator.company_events import generate_company
from entities.reading.mapped_event import MappedEvent, RecordKey
from entities.reading.mapper import map_event
from entities.stored_events import StoredEvent
from entities.vendor_language import Vendor
from entities.vendors import all_vendors, get_vendor
from tests.support.third_vendor import MARIGOLD, NAME, temporary_vendor

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
COUNT = 3000
each_vendor = pytest.mark.parametrize("vendor", all_vendors().values(), ids=lambda vendor: vendor.name)


def map_company(vendor: Vendor) -> list[MappedEvent]:
    """Return what the mirror reads out of a company's events."""
    bodies = generate_company(vendor, COUNT, 1, NOW)
    return [
        map_event(StoredEvent(number, 1, vendor.name, hashlib.sha256(body).hexdigest(), body, NOW, ""))
        for number, body in enumerate(bodies)
    ]


@each_vendor
def test_the_same_arguments_give_the_same_bodies(vendor: Vendor) -> None:
    assert generate_company(vendor, 50, 7, NOW) == generate_company(vendor, 50, 7, NOW)
    assert generate_company(vendor, 50, 7, NOW) != generate_company(vendor, 50, 8, NOW)


@each_vendor
def test_the_bodies_are_different_and_in_order_and_none_is_in_the_future(vendor: Vendor) -> None:
    bodies = generate_company(vendor, COUNT, 1, NOW)
    assert len(set(bodies)) == COUNT
    times = [event.envelopes.occurred_at for event in map_company(vendor)]
    assert times == sorted(times)
    assert NOW - timedelta(days=7) < times[-1] <= NOW


@each_vendor
def test_every_event_is_read_whole_and_without_a_warning(vendor: Vendor) -> None:
    events = map_company(vendor)
    assert all(event.statements for event in events)
    assert {warning for event in events for warning in event.warnings} == set()


def test_a_vendor_who_has_no_event_for_what_happens_in_a_company_gives_none(tmp_path: Path) -> None:
    lonely = MARIGOLD.replace('"created updated deleted labelled"', '"labelled"').replace(
        '"created shipped"', '"shipped"'
    )
    with temporary_vendor(tmp_path, lonely):
        assert generate_company(get_vendor(NAME), 5, 1, NOW) == []


@dataclass(frozen=True)
class Company:
    """The records of a company as they are now, and every value of each column in the order of time."""

    records: dict[RecordKey, dict[str, Any]]
    values: dict[tuple[RecordKey, str], list[Any]]

    def all_of(self, model: str) -> Iterator[tuple[RecordKey, dict[str, Any]]]:
        return ((key, record) for key, record in self.records.items() if key.model == model)


def read_company(vendor: Vendor) -> Company:
    company = Company(defaultdict(dict), defaultdict(list))
    for event in map_company(vendor):
        for statement in event.statements:
            company.records[statement.key].update(statement.writes)
            for column, value in statement.writes.items():
                company.values[statement.key, column].append(value)
    return company


def has_several_deals_of_a_person(company: Company) -> bool:
    return max(Counter(deal.get("contact") for _, deal in company.all_of("deal")).values()) > 1


def has_conversations_with_both_sides(company: Company) -> bool:
    directions = defaultdict(set)
    for _, message in company.all_of("message"):
        directions[message.get("conversation_ref")].add(message.get("direction"))
    return any(found == {"inbound", "outbound"} for found in directions.values())


def has_reopened_deals(company: Company) -> bool:
    statuses = [company.values[key, "status"] for key, _ in company.all_of("deal")]
    return any("open" in seen[seen.index("lost") :] for seen in statuses if "lost" in seen)


def has_changed_phones(company: Company) -> bool:
    return any(len(set(company.values[key, "phone"])) > 1 for key, _ in company.all_of("contact"))


def has_shared_phones(company: Company) -> bool:
    phones = Counter(contact.get("phone") for _, contact in company.all_of("contact"))
    return any(count > 1 for phone, count in phones.items() if phone)


def has_two_currencies_and_none(company: Company) -> bool:
    money = [record for model in ("invoice", "payment") for _, record in company.all_of(model)]
    return {record.get("currency") for record in money} == {"AED", "EUR", None}


def has_overdue_invoices(company: Company) -> bool:
    return any(
        invoice.get("status") == "sent" and invoice["due_date"] < NOW.date().isoformat()
        for _, invoice in company.all_of("invoice")
    )


def has_coming_appointments(company: Company) -> bool:
    starts = [appointment.get("starts_at") for _, appointment in company.all_of("appointment")]
    return any(start and start > NOW.isoformat() for start in starts)


def has_sub_accounts(company: Company) -> bool:
    return len({key.scope for key, _ in company.all_of("contact")}) == 3


def has_stages_without_a_name(company: Company) -> bool:
    return all("stage_ref" in deal and "stage_name" not in deal for _, deal in company.all_of("deal"))


@pytest.fixture(scope="module")
def companies() -> list[Company]:
    return [read_company(vendor) for vendor in all_vendors().values()]


@pytest.mark.parametrize(
    "has_feature",
    [
        has_several_deals_of_a_person,
        has_conversations_with_both_sides,
        has_reopened_deals,
        has_changed_phones,
        has_shared_phones,
        has_two_currencies_and_none,
        has_overdue_invoices,
        has_coming_appointments,
        has_sub_accounts,
        has_stages_without_a_name,
    ],
    ids=lambda function: function.__name__,
)
def test_a_company_has_what_makes_pages_hard(
    has_feature: Callable[[Company], bool], companies: list[Company]
) -> None:
    assert any(has_feature(company) for company in companies)


def test_two_vendors_know_some_of_the_same_people(companies: list[Company]) -> None:
    emails = [{contact.get("email") for _, contact in company.all_of("contact")} for company in companies]
    assert all(0 < len(one & other) < min(len(one), len(other)) for one, other in combinations(emails, 2))
