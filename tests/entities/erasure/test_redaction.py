"""The redaction of one event's writes, and the list of what it takes from each kind of record."""

import pytest
from django.db.models import ForeignKey

from entities.erasure.marked_addresses import EMAIL, Address
from entities.erasure.marks import Extent, KnownMarks, MarkKind, mark_address, mark_record
from entities.erasure.redaction import Saying, find_new_marks, redact, redact_writes
from entities.merge.registers import Invalid
from entities.models import Record
from entities.models.introspection import MIRRORED_COMMON_FIELDS, mirrored_fields, record_models
from entities.reading.mapped_event import RecordKey

pytestmark = pytest.mark.unit
JANE = (1, RecordKey("contact", "", "jane"))
ACME = (1, RecordKey("client", "", "acme"))
BOB = (1, RecordKey("contact", "", "bob"))
DEAL = (1, RecordKey("deal", "", "d"))
CLOCK = "2025-01-15T10:30:00.000000Z 2 aa"
ERASED = mark_record(MarkKind.ERASED, JANE)
REFERRING = mark_record(MarkKind.REFERRING, DEAL)
MAIL = mark_address(Extent(), Address(EMAIL, "jane@example.com"))


@pytest.mark.parametrize("model", record_models())
def test_each_column_of_each_model_is_about_itself_or_about_those_whom_it_refers_to(
    model: type[Record],
) -> None:
    fields = mirrored_fields(model)
    references = {name for name, field in fields.items() if isinstance(field, ForeignKey)}
    declared = [*model.about_referred, *model.about_itself]
    assert sorted(declared) == sorted(fields.keys() - references - set(MIRRORED_COMMON_FIELDS))


def test_an_erased_persons_record_goes_whole() -> None:
    assert redact_writes(JANE, {"first_name": "Jane"}, KnownMarks(frozenset({ERASED}))) is None


def test_a_reference_to_an_erased_person_becomes_null_so_that_no_older_one_comes_back() -> None:
    writes = {"contact": "jane", "value": "5"}
    assert redact_writes(DEAL, writes, KnownMarks(frozenset({ERASED}))) == {"contact": None, "value": "5"}


def test_a_referring_record_loses_in_all_events_what_is_about_the_person() -> None:
    writes = {
        "title": "Jane's roof",
        "value": Invalid("price", "ask Jane"),
        "number": "D-1",
        "extra.remark": "tall",
        "exists": True,
    }
    known = KnownMarks(frozenset({ERASED, REFERRING}))
    assert redact_writes(DEAL, writes, known) == {"value": None, "number": "D-1", "exists": True}


def test_another_person_who_refers_to_an_erased_one_keeps_what_is_said_of_him() -> None:
    known = KnownMarks(frozenset({mark_record(MarkKind.ERASED, ACME), mark_record(MarkKind.REFERRING, BOB)}))
    writes = {"extra.hobby": "chess", "first_name": "Bob", "client": "acme", "company_name": "Acme"}
    assert redact_writes(BOB, writes, known) == {"extra.hobby": "chess", "first_name": "Bob", "client": None}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", "write to JANE@example.com today"),
        ("extra.remark", {"to": ["jane@example.com"]}),
        ("tags", ["a", "jane@example.com"]),
        ("value", Invalid("price", "jane@example.com")),
    ],
)
def test_a_value_in_which_an_address_stands_becomes_null(name: str, value: object) -> None:
    writes = {name: value, "number": "D-1"}
    assert redact_writes(DEAL, writes, KnownMarks(frozenset({MAIL}))) == {name: None, "number": "D-1"}


@pytest.mark.parametrize("name", ["extra.jane@example.com", "tags+jane@example.com"])
def test_a_register_with_an_address_in_its_name_goes(name: str) -> None:
    assert redact_writes(BOB, {name: True, "exists": True}, KnownMarks(frozenset({MAIL}))) == {"exists": True}


def test_an_address_that_is_marked_in_one_sub_account_is_none_in_another() -> None:
    known = KnownMarks(frozenset({mark_address(Extent(1, "sa_1"), Address(EMAIL, "jane@example.com"))}))
    for scope, kept in (("sa_1", None), ("sa_2", "jane@example.com")):
        key = (1, RecordKey("deal", scope, "d"))
        assert redact_writes(key, {"title": "jane@example.com"}, known) == {"title": kept}


def test_a_record_with_a_marked_address_is_the_persons_and_what_refers_to_it_is_marked() -> None:
    said = [Saying(DEAL, CLOCK, {"contact": "bob"}), Saying(BOB, CLOCK, {"email": "Jane@example.com"})]
    new = find_new_marks(said, KnownMarks(frozenset({MAIL})))
    assert new == {mark_record(MarkKind.ERASED, BOB), REFERRING}


def test_a_record_that_was_merged_into_an_erased_one_is_the_persons() -> None:
    said = [Saying(BOB, CLOCK, {"exists": False, "merged_into": "jane"})]
    assert find_new_marks(said, KnownMarks(frozenset({ERASED}))) == {mark_record(MarkKind.ERASED, BOB)}


def test_the_sub_account_of_what_went_is_still_named() -> None:
    key = (1, RecordKey("contact", "sa", "jane"))
    known = KnownMarks(frozenset({mark_record(MarkKind.ERASED, key)}))
    kept = redact([Saying(key, CLOCK, {"email": "x"})], known)
    assert kept == [Saying((1, RecordKey("subaccount", "", "sa")), CLOCK, {})]
