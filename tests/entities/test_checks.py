"""`manage.py check` names every mistake in a vendor's tables, and what to write instead."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import Error, run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import models

from entities.checks import record_checks
from entities.merge.derived_columns import RunStart
from entities.merge.stage_rule import StageRule
from entities.models import Deal, Invoice, NameKind
from entities.models.key_kinds import KeyKind
from entities.models.naming.named_refs import NAMED_COLUMNS, NamedRef
from entities.models.overdue import OverdueRule
from entities.reading.converters import CONVERTERS
from tests.support import third_vendor

pytestmark = pytest.mark.unit
SOUND = """
from entities.signature_language import HMAC_SHA256
from entities.vendor_language import EVENT_TIME, Entity, EventType, Vendor, event_types, same_names

DEAL = Entity("deal", id="id", columns=same_names("title client status") | {"value": "price"})
CLIENT = Entity("client", id="id", columns=same_names("name"))
VENDOR = Vendor(
    name="marigold",
    label="Marigold",
    signatures=(HMAC_SHA256,),
    events=event_types("deal", DEAL, "created won", won={"status": "won"})
    | event_types("client", CLIENT, "created"),
    reference_copies={"client": {"company": "name"}},
)
"""
BALANCE = replace(Invoice.balances["amount_open"], total="value", paid="value", currency="title")

API = SOUND.replace(
    "from entities.signature_language",
    "from entities.resource_language import Api, Paging, Resource\nfrom entities.signature_language",
).replace(
    "    reference_copies=",
    """    api=Api(
        base="https://api.marigold.example/",
        key_header="x-key",
        limit=5,
        seconds=1,
        resources=(Resource("deals", "deals", DEAL, Paging("data", "", 100, "cursor", "next")),),
    ),
    reference_copies=""",
)

MISTAKES = [
    (
        "E020",
        API.replace("https://api.marigold.example/", "http://api.marigold.example"),
        "api: the base address is 'http://api.marigold.example'",
        "Write an https address that ends in a slash.",
    ),
    (
        "E020",
        API.replace('"cursor", "next"', '"cursor"'),
        "resource 'deals' has a cursor's parameter or its path, and not both",
        "Write cursor_parameter and next_cursor, or neither.",
    ),
    (
        "E020",
        API.replace("limit=5", "limit=0"),
        "api: 0 requests in 1 seconds",
        "Write how many requests the vendor accepts, and in which time.",
    ),
    ("E001", "raise OSError('away')", "cannot be imported: OSError('away')", "Correct the module"),
    ("E001", "VENDOR = None", "has no VENDOR", "VENDOR = Vendor(name='marigold', ...)"),
    (
        "E001",
        SOUND.replace('name="marigold"', 'name="rose"'),
        "calls its vendor 'rose'",
        "Write name='marigold'",
    ),
    (
        "E002",
        SOUND.replace("signatures=(HMAC_SHA256,)", "signatures=HMAC_SHA256"),
        "signatures is not a tuple of Signature",
        "Write signatures=(Signature(...),), with the comma.",
    ),
    (
        "E011",
        SOUND.replace('Entity("deal", id="id"', 'Entity("deal", id=("id",)'),
        "entity 'deal', id is ('id',)",
        "Write the paths as one text",
    ),
    (
        "E011",
        SOUND.replace('label="Marigold"', 'label="Marigold", payload=("payload",)'),
        "payload is ('payload',)",
        "Write the paths as one text",
    ),
    (
        "E012",
        SOUND.replace('"price"}', '"price"}, translations={"status": {"OPEN": "open"}}'),
        "entity 'deal', translations of 'status': 'OPEN' is not in lower case",
        "Write 'open'",
    ),
    (
        "E003",
        SOUND.replace("reference_copies=", "scope=CLIENT, reference_copies="),
        "has records of 'client' as its scope",
        "Write scope=Entity('subaccount', ...)",
    ),
    (
        "E004",
        SOUND.replace('Entity("deal"', 'Entity("opportunity"'),
        "entity 'opportunity' is not a mirrored model",
        "Write one of: appointment, ",
    ),
    (
        "E005",
        SOUND.replace('("deal", id="id"', '("deal", id=""'),
        "entity 'deal', id names no path",
        "Write id='...'",
    ),
    (
        "E006",
        SOUND.replace('{"value"', '{"vlaue"'),
        "entity 'deal', columns: there is no column 'vlaue'",
        "Write one of: value, ",
    ),
    (
        "E006",
        SOUND.replace("title client", "closed_at title client"),
        "entity 'deal', columns: there is no column 'closed_at' to fill",
        "Write one of: ",
    ),
    (
        "E006",
        SOUND.replace('"price"}', '"price"}, scales={"title": 100}'),
        "entity 'deal', scales: there is no column 'title' to fill",
        "Write one of: value.",
    ),
    (
        "E006",
        SOUND.replace('"price"}', '"price"}, translations={"priority": {"hi": "high"}}'),
        "entity 'deal', translations: there is no column 'priority'",
        "Write one of: client, status, title, value.",
    ),
    (
        "E006",
        SOUND.replace('"price"}', '"price"}, additions={"tag": "title"}'),
        "entity 'deal', additions: there is no column 'title'",
        "Write one of: none, there is none.",
    ),
    (
        "E006",
        SOUND.replace('"price"}', '"price"}, link_keys=("prices",)'),
        "entity 'deal', link_keys: no column is read from 'prices'",
        "Write one of: price",
    ),
    (
        "E006",
        SOUND.replace('won={"status"', 'won={"state"'),
        "event 'deal.won', implied: there is no column 'state'",
        "Write one of: status, ",
    ),
    (
        "E006",
        SOUND.replace('reference_copies={"client"', 'reference_copies={"customer"'),
        "reference_copies: no entity has a reference 'customer'",
        "Write one of: client.",
    ),
    (
        "E006",
        SOUND.replace('{"company": "name"}', '{"company": "email"}'),
        "reference_copies 'client', 'company': there is no column 'email'",
        "Write one of: name.",
    ),
    (
        "E008",
        SOUND.replace('{"status": "won"}', '{"status": "Won"}'),
        "event 'deal.won', implied: 'status' cannot be 'Won'",
        "what entities.reading.converters.to_word returns",
    ),
    (
        "E008",
        SOUND.replace('{"status": "won"}', '{"status": EVENT_TIME}'),
        "event 'deal.won', implied: 'status' cannot be EVENT_TIME",
        "what entities.reading.converters.to_word returns",
    ),
    (
        "E008",
        SOUND.replace('{"status": "won"}', '{"value": "much"}'),
        "event 'deal.won', implied: 'value' cannot be 'much'",
        "what entities.reading.converters.to_amount returns",
    ),
    (
        "E009",
        SOUND.replace(
            "reference_copies=", "scope=Entity('client', id='clientId', columns={}), reference_copies="
        ),
        "maps the model 'client' twice, differently",
        "Write one Entity for both",
    ),
]


def entity_messages() -> list[Any]:
    return [message for message in run_checks() if str(message.id).startswith("entities.")]


def entity_errors() -> list[Any]:
    return [message for message in entity_messages() if message.is_serious()]


def test_the_vendors_tables_have_no_mistake_and_nothing_to_warn_of() -> None:
    assert entity_messages() == []


def test_a_sound_module_has_no_mistake(tmp_path: Path) -> None:
    with third_vendor.temporary_vendor(tmp_path, SOUND):
        assert entity_errors() == []


@pytest.mark.parametrize(("code", "text", "reason", "hint"), MISTAKES)
def test_a_mistake_is_named_with_what_to_write_instead(
    tmp_path: Path, code: str, text: str, reason: str, hint: str
) -> None:
    assert text != SOUND
    with third_vendor.temporary_vendor(tmp_path, text) as module:
        errors = {error.id: error for error in entity_errors()}
    error = errors[f"entities.{code}"]
    assert error.obj == module
    assert reason in error.msg
    assert hint in error.hint


def test_a_mistake_fails_manage_py_check(tmp_path: Path) -> None:
    with (
        third_vendor.temporary_vendor(tmp_path, SOUND.replace("same_names(", "same_names('nmae ' + ")),
        pytest.raises(SystemCheckError, match="nmae"),
    ):
        call_command("check")


def test_a_column_of_a_kind_without_a_converter_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(CONVERTERS, models.DecimalField)
    with third_vendor.temporary_vendor(tmp_path, SOUND) as module:
        (error,) = [error for error in entity_errors() if error.obj == module]
    assert error.id == "entities.E007"
    assert "entity 'deal', columns: no converter fills the DecimalField 'value'" in error.msg
    assert "Give DecimalField a row in entities.reading.converters.CONVERTERS" in error.hint


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (
            {"derived_columns": {"close_at": RunStart(("status",), frozenset())}},
            "there is no time 'close_at' to fill",
        ),
        (
            {"derived_columns": {"title": RunStart(("status",), frozenset())}},
            "there is no time 'title' to fill",
        ),
        (
            {"derived_columns": {"closed_at": RunStart(("state",), frozenset())}},
            "'closed_at' is derived from 'state', which no vendor fills",
        ),
        ({"tracked_columns": ("stage",)}, "tracked_columns: there is no column 'stage'"),
        ({"stages": StageRule("title")}, "stages: 'title' is no column with a history"),
        ({"stages": StageRule("stage", groups=("title",))}, "stages: 'title' is no column with a history"),
        ({"searched_columns": {"value": KeyKind.WORDS}}, "searched_columns: there is no text 'value'"),
        ({"person_columns": ("nmae",)}, "person_columns: there is no text 'nmae'"),
        (
            {"balances": {"won_at": replace(BALANCE, currency="sum")}},
            "balances: there is no column 'sum'",
        ),
        (
            {"balances": {"won_at": replace(BALANCE, part_model="instalment")}},
            "balances: 'won_at' sums 'instalment', which is no mirrored model",
        ),
        (
            {"overdue": OverdueRule(due="expected_close_date", open="rest", status="status")},
            "overdue: there is no column 'rest'",
        ),
    ],
)
def test_a_records_rule_that_names_no_column_is_named(
    monkeypatch: pytest.MonkeyPatch, rules: dict[str, Any], reason: str
) -> None:
    for name, rule in rules.items():
        monkeypatch.setattr(Deal, name, rule)
    (error,) = entity_errors()
    assert isinstance(error, Error)
    assert (error.id, error.obj) == ("entities.E010", "entities.Deal")
    assert reason in error.msg


def test_a_column_of_ids_is_in_one_of_the_two_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(NAMED_COLUMNS, "assignee_ref")
    (error,) = entity_errors()
    assert (error.id, error.obj) == ("entities.E010", "entities.Task")
    assert "the ids of 'assignee_ref' are neither in NAMED_COLUMNS" in error.msg


def test_a_name_whose_place_in_the_api_is_taken_by_a_column_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    clash = {"stage_ref": NamedRef("title_ref", NameKind.STAGE, "")}
    monkeypatch.setattr(record_checks, "named_refs", lambda model: clash if model is Deal else {})
    (error,) = entity_errors()
    assert (error.id, error.obj) == ("entities.E010", "entities.Deal")
    assert "the name of 'stage_ref' as 'title', which is a column" in error.msg
