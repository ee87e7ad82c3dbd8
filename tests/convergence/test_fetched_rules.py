"""The rules of records that were fetched: their clock, their rank, what they say, and which ids they have."""

from datetime import timedelta

import pytest

from entities.stored_events import Origin
from entities.writing.process_batch import process_batch
from tests.support.event_builders import build_event, records_after, time_at
from tests.support.fetched_events import fetched_event, gone_event

pytestmark = pytest.mark.django_db

LEAD, DEAL, CLIENT, QUOTATION = (
    ("lead", "", "ld_1"),
    ("deal", "", "dl_1"),
    ("client", "", "cl_1"),
    ("quotation", "", "qt_1"),
)
NOON = "2025-01-15T10:30:00Z"


def test_a_fetched_record_counts_as_of_its_last_change() -> None:
    webhook = build_event("heffl", "deal.updated", 20, {"id": "dl_1", "price": 1})
    older = fetched_event("deals", {"id": "dl_1", "price": 2, "updatedAt": "2025-01-15T10:10:00Z"})
    newer = fetched_event("deals", {"id": "dl_1", "price": 3, "updatedAt": NOON})
    assert records_after(webhook, older)[DEAL]["value"] == 1
    assert records_after(webhook, newer)[DEAL]["value"] == 3


def test_a_record_without_a_time_counts_as_of_its_observation() -> None:
    webhook = build_event("heffl", "lead.updated", 20, {"id": "ld_1", "name": "said"})
    before = fetched_event("leads", {"id": "ld_1", "name": "fetched"}, time_at(19))
    after = fetched_event("leads", {"id": "ld_1", "name": "fetched"}, time_at(21))
    assert records_after(webhook, before)[LEAD]["name"] == "said"
    assert records_after(webhook, after)[LEAD]["name"] == "fetched"


@pytest.mark.parametrize("digit", range(4))
def test_a_created_record_wins_against_a_fetched_one_of_the_same_time(digit: int) -> None:
    assert _name_after("created", digit) == "said"


def test_an_updated_record_wins_against_a_fetched_one_of_the_same_time() -> None:
    # Without the rank, the digest would decide: of ten, some would lose.
    assert {_name_after("updated", digit) for digit in range(10)} == {"said"}


def _name_after(verb: str, digit: int) -> str:
    webhook = build_event("heffl", f"lead.{verb}", 20, {"id": "ld_1", "name": "said", "title": str(digit)})
    fetched = fetched_event("leads", {"id": "ld_1", "name": "fetched", "title": str(digit)}, time_at(20))
    return str(records_after(webhook, fetched)[LEAD]["name"])


def test_a_fetched_record_wins_against_a_copy_of_the_same_time() -> None:
    copy = build_event("heffl", "deal.updated", 20, {"id": "dl_1", "client": {"id": "cl_1", "name": "copy"}})
    fetched = fetched_event("clients", {"id": "clt_1", "name": "fetched"}, time_at(20))
    assert records_after(copy, fetched)[CLIENT]["name"] == "fetched"


def test_a_null_of_a_fetched_record_is_written_and_an_absent_field_is_not() -> None:
    webhook = build_event("heffl", "lead.updated", 1, {"id": "ld_1", "name": "Ida", "email": "i@d.example"})
    fetched = fetched_event("leads", {"id": "ld_1", "name": None}, time_at(2))
    lead = records_after(webhook, fetched)[LEAD]
    assert (lead["name"], lead["email"]) == (None, "i@d.example")


def test_a_list_row_says_nothing_about_what_lists_leave_out() -> None:
    webhook = build_event("heffl", "quotation.updated", 1, {"id": "qt_1", "lineItems": [{"name": "pot"}]})
    row = {"id": "qtn_1", "lineItems": [], "updatedAt": NOON, "totalAmount": 5}
    quotation = records_after(webhook, fetched_event("quotations", row))[QUOTATION]
    assert quotation["extra"] == {"lineItems": [{"name": "pot"}], "updatedAt": NOON}
    assert quotation["total"] == 5


def test_ids_of_the_api_are_written_as_those_of_webhooks() -> None:
    row = {"id": "dl_1", "clientId": "clt_1", "client": {"id": "clt_1", "name": "Acme"}, "updatedAt": NOON}
    records = records_after(fetched_event("deals", row))
    assert records[DEAL]["client"] == "cl_1"
    assert records[CLIENT]["name"] == "Acme"
    assert set(records) == {DEAL, CLIENT}


def test_ids_of_stages_and_owners_are_not_written_over_those_of_webhooks() -> None:
    webhook = build_event("heffl", "deal.updated", 1, {"id": "dl_1", "stageId": 7, "ownerId": 8})
    row = {"id": "dl_1", "stageId": "dps_1", "ownerId": "usr_1", "stage": "Late", "updatedAt": NOON}
    deal = records_after(webhook, fetched_event("deals", row))[DEAL]
    assert (deal["stage_ref"], deal["owner_ref"], deal["stage_name"]) == ("7", "8", "Late")


def test_a_record_is_gone_as_of_the_beginning_of_the_listing() -> None:
    created = build_event("heffl", "lead.created", 1, {"id": "ld_1", "name": "Ida"})
    gone = gone_event("leads", "ld_1", time_at(10))
    later = build_event("heffl", "lead.updated", 11, {"id": "ld_1"})
    assert records_after(created, gone)[LEAD]["is_deleted"]
    assert records_after(created, gone)[LEAD]["deleted_at"] == time_at(10)
    assert not records_after(created, gone, later)[LEAD]["is_deleted"]


def test_an_imported_row_is_read_with_the_words_of_webhooks() -> None:
    imported = fetched_event("lead", {"id": "ld_1", "name": "Ida"}, time_at(1), origin=Origin.FILE)
    assert records_after(imported).get(LEAD, {}).get("name") == "Ida"


def test_a_row_that_is_no_object_is_malformed_and_a_row_without_an_id_fails() -> None:
    events = [fetched_event("leads", "x", time_at(1)), fetched_event("leads", {"name": "x"}, time_at(1))]
    outcomes = {outcome.event_id: outcome for outcome in process_batch(events)}
    assert [outcomes[event.id].verdict for event in events] == ["malformed", "failed"]
    assert outcomes[events[1].id].error == "the record carries no id (looked for id, leadId)"


def test_a_time_of_last_change_that_is_ahead_of_the_receipt_does_not_count() -> None:
    ahead = time_at(1) + timedelta(days=5)
    fetched = fetched_event(
        "deals",
        {"id": "dl_1", "price": 1, "updatedAt": ahead.isoformat()},
        time_at(2),
        received_at=time_at(3),
    )
    webhook = build_event("heffl", "deal.updated", 4, {"id": "dl_1", "price": 2})
    assert records_after(webhook, fetched)[DEAL]["value"] == 2
