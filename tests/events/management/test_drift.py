"""The drift report on the terminal, for people and for programs."""

import json
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.support.staff_client import store_and_apply
from tests.support.unmapped_events import DEAL, backdate_receipt

pytestmark = pytest.mark.django_db


def run_drift(*arguments: str) -> str:
    output = StringIO()
    call_command("drift", *arguments, stdout=output)
    return output.getvalue()


def test_the_command_prints_a_table() -> None:
    event = store_and_apply("deal.updated", DEAL | {"score": 1})
    heading, line = run_drift().splitlines()
    assert heading.startswith("what   vendor  event type")
    day = datetime.now(UTC).date().isoformat()
    cells = line.split()
    assert cells[:6] == ["field", "heffl", "deal.updated", "deal", "score", "1"]
    assert (cells[6], cells[8], cells[-1]) == (day, day, str(event.pk))


def test_the_command_says_in_one_line_that_there_is_no_drift() -> None:
    assert run_drift() == "No drift in 30 days: the mapping knows all that was sent.\n"
    store_and_apply("deal.updated", DEAL)
    assert run_drift("--days", "7") == "No drift in 7 days: the mapping knows all that was sent.\n"


def test_the_command_prints_json_for_a_program() -> None:
    event = store_and_apply("deal.updated", DEAL | {"score": 1})
    answer = json.loads(run_drift("--json"))
    (found,) = answer["findings"]
    assert datetime.fromisoformat(found.pop("first")) == datetime.fromisoformat(found.pop("last"))
    assert found == {
        "kind": "field",
        "vendor": "heffl",
        "event_type": "deal.updated",
        "record_type": "deal",
        "path": "score",
        "events": 1,
        "example": event.pk,
    }
    assert datetime.fromisoformat(answer["since"]) < timezone.now()


def test_the_report_is_limited_to_a_vendor_and_to_a_number_of_days() -> None:
    backdate_receipt(store_and_apply("deal.sneezed", DEAL), days_ago=20)
    store_and_apply("deal.sneezed", DEAL, vendor="seedly")
    assert "heffl" in run_drift()
    assert "heffl" not in run_drift("--days", "10")
    assert "seedly" not in run_drift("--vendor", "heffl")


@pytest.mark.parametrize(
    "arguments", [("--vendor", "acme"), ("--days", "0"), ("--days", "many"), ("--days", "9" * 9)]
)
def test_the_command_rejects_wrong_arguments(arguments: tuple[str, ...]) -> None:
    with pytest.raises(
        CommandError, match=r"unknown vendor 'acme'; known: |is not a number of days from 1 to "
    ):
        run_drift(*arguments)


def test_the_command_prints_no_control_characters_of_a_vendor() -> None:
    store_and_apply("deal.updated", DEAL | {"\x1b[2J": 1})
    assert "\x1b" not in run_drift()
