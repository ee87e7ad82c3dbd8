"""Histories of a vendor who merges records, names contacts in one field, and states the currency of deals.

No real vendor's module writes these columns of these records. They are registers like any other.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given

from entities.generator.event_generator import generate_event
from entities.generator.payload_maker import Circumstances
from entities.stored_events import StoredEvent
from entities.vendors import get_vendor
from tests.convergence import test_convergence, test_oracle
from tests.convergence.test_convergence import HISTORY, run
from tests.support.event_builders import build_event, records_after
from tests.support.random_histories import Bodies
from tests.support.third_vendor import NAME, temporary_vendor

MERGING_VENDOR = """
from entities.signature_language import SECRET_ADDRESS
from entities.vendor_language import Entity, Vendor, event_types, same_names

PERSON = Entity(
    "contact",
    id="id",
    columns=same_names("name first_name last_name email owner_ref owner_name merged_into"),
)
DEAL = Entity("deal", id="id", columns=same_names("title value currency status contact merged_into"))
VENDOR = Vendor(
    name="marigold",
    label="Marigold Shop",
    signatures=(SECRET_ADDRESS,),
    events=event_types("contact", PERSON, "created updated deleted")
    | event_types("deal", DEAL, "created updated deleted"),
)
"""
CIRCUMSTANCES = Circumstances(ids=2, moments=4, timeless=0.05, junk=0.05)
PERSON = ("contact", "", "p")


@contextmanager
def merging_vendor() -> Iterator[None]:
    """Add the vendor while the context lasts."""
    with TemporaryDirectory() as directory, temporary_vendor(Path(directory), MERGING_VENDOR):
        yield


def generate_merging_bodies(seed: int, size: int) -> Bodies:
    """Make `size` events of this vendor."""
    random, vendor = Random(seed), get_vendor(NAME)
    return [(NAME, generate_event(random, vendor, CIRCUMSTANCES)) for _ in range(size)]


def person_event(verb: str, minute: int, **payload: Any) -> StoredEvent:
    return build_event(NAME, f"contact.{verb}", minute, {"id": "p"} | payload)


@pytest.mark.django_db
def test_the_newest_event_says_into_which_record_one_was_merged() -> None:
    with merging_vendor():
        records = records_after(
            person_event("updated", 1, name="Jane", mergedInto=None),
            person_event("deleted", 2, mergedInto="q"),
            person_event("deleted", 3, mergedInto=7),
        )
    cells = records[PERSON]
    assert (cells["merged_into"], cells["is_deleted"], cells["name"]) == ("7", True, "Jane")


@pytest.mark.django_db
def test_a_merge_that_was_undone_leaves_no_trace_in_the_record() -> None:
    with merging_vendor():
        records = records_after(
            person_event("deleted", 1, mergedInto="q"), person_event("updated", 2, mergedInto=None)
        )
    assert (records[PERSON]["merged_into"], records[PERSON]["is_deleted"]) == (None, False)


@pytest.mark.django_db
@run(max_examples=40)
@given(**HISTORY)
def test_merged_records_converge_whatever_the_order(db: None, seed: int, size: int) -> None:
    with merging_vendor():
        test_convergence.check(seed, size, make_bodies=generate_merging_bodies)


@pytest.mark.django_db
@run(max_examples=40)
@given(**HISTORY)
def test_merged_records_are_what_the_oracle_computes(db: None, seed: int, size: int) -> None:
    with merging_vendor():
        test_oracle.check(seed, size, make_bodies=generate_merging_bodies)
