"""After an erasure no table has a value of the person, others' facts stay, and nothing brings her back."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crmmirror.embedded.processes.identity import find_unprivileged_identities
from crmmirror.embedded.servers.binaries import find_postgres
from entities.models import (
    AuditEntry,
    Client,
    Contact,
    Deal,
    ErasureMark,
    Invoice,
    Lead,
    Message,
    Name,
    Payment,
    SavedView,
    Task,
)
from entities.reading.fetched.fetched_envelope import FetchedRecord
from entities.shadow.digest import mirror_digest
from entities.stored_events import Origin
from events.ingest.store_fetched import store_fetched
from events.models import Event, Finding, ListedRecord, Load, ResourceProgress
from events.privacy.extension import settle_arrived_events
from events.pruning.prune import prune_events
from tests.convergence.test_concurrency import forget_records
from tests.support import canaries
from tests.support.canaries import (
    EMAIL,
    ID,
    OTHER_NOTATION,
    PHONE,
    client_payload,
    find_canaries,
    store_canaries,
)
from tests.support.erased_persons import erase, read_records
from tests.support.pruning import keep_bodies_for
from tests.support.random_histories import ensure_source
from tests.support.rebuild_helpers import run_rebuild_mirror, run_verify_mirror
from tests.support.staff_client import store_and_apply, store_delivery
from tests.support.web_server import database_url

LATER = {day: f"2026-05-0{day}T00:00:00Z" for day in range(1, 4)}

pytestmark = pytest.mark.django_db(transaction=True)


def redeliver(bodies: list[tuple[str, bytes]]) -> None:
    """Store bodies again, each under its vendor, and settle them."""
    for vendor, body in bodies:
        store_delivery(body, vendor)
    settle_arrived_events()


def list_bodies() -> list[tuple[str, bytes]]:
    return [
        (event.source.vendor, bytes(event.body))
        for event in Event.objects.select_related("source").order_by("pk")
    ]


def dump_database(path: Path) -> str:
    """Return what pg_dump writes, as text."""
    program = find_postgres(find_unprivileged_identities()).directory / "pg_dump"
    subprocess.run([program, "--inserts", f"--file={path}", database_url()], check=True)
    return path.read_text(errors="replace").lower()


def test_the_canaries_are_everywhere_before() -> None:
    store_canaries()
    assert set(find_canaries()) >= {
        "entities_client",
        "entities_deal",
        "entities_message",
        "entities_timelineentry",
        "entities_searchdocument",
        "entities_savedview",
        "entities_viewedrecord",
        "entities_auditentry",
        "entities_conversation",
        "entities_word",
        "entities_change",
        "events_event",
    }


@pytest.mark.parametrize("pruned", [False, True])
def test_after_an_erasure_by_email_no_table_and_no_dump_has_a_value_of_hers(
    tmp_path: Path, pruned: bool
) -> None:
    store_canaries()
    if pruned:
        keep_bodies_for()
        Event.objects.update(received_at="2025-06-01T00:00:00Z")
        prune_events()
    before = read_records()
    report = erase(emails=(EMAIL,))
    assert find_canaries() == {}
    dump = dump_database(tmp_path / "dump.sql")
    for text in ("canary", canaries.DIGITS, PHONE):
        assert text not in dump
        assert text.encode().hex() not in dump
    left = read_records(without=(*report.own, *report.referring, *report.others))
    assert left == {key: line for key, line in before.items() if key in left}
    assert run_verify_mirror()[0] == 0
    digest = mirror_digest()
    run_rebuild_mirror()
    assert mirror_digest() == digest
    forget_records()
    run_rebuild_mirror()
    assert mirror_digest() == digest
    assert find_canaries() == {}


def test_what_is_of_others_stays() -> None:
    store_canaries()
    erase(emails=(EMAIL,))
    deal = Deal.objects.get(external_id="d1")
    assert (deal.value, deal.status, deal.number, deal.stage_name) == (150, "open", "D-1", "New")
    assert (deal.title, deal.client, deal.lead, deal.custom_fields, deal.extra) == (
        None,
        None,
        None,
        None,
        {},
    )
    assert deal.contact
    assert deal.contact.external_id == canaries.BOB
    bob = Contact.objects.get(external_id=canaries.BOB)
    assert (bob.first_name, bob.email, bob.job_title, bob.client) == ("Bob", canaries.BOB_EMAIL, "Boss", None)
    fence = Deal.objects.get(external_id="d2")
    assert (fence.title, fence.extra) == ("Bob's fence", {"remark": None, "phoneNote": None})
    invoice, payment = Invoice.objects.get(), Payment.objects.get()
    assert (invoice.number, invoice.total, invoice.amount_open, invoice.client_name) == ("INV-1", 70, 0, None)
    assert (payment.amount, payment.invoice, payment.notes) == (70, invoice, None)
    message, task = Message.objects.get(), Task.objects.get()
    assert (message.channel, message.direction, message.body, message.contact) == (
        "sms",
        "inbound",
        None,
        None,
    )
    assert (task.priority, task.title) == ("high", None)
    assert SavedView.objects.get(record_type="deal").query == "o=1"
    assert not Client.objects.exists()
    assert not Lead.objects.exists()


def test_a_redelivery_does_not_bring_her_back() -> None:
    store_canaries()
    bodies = list_bodies()
    erase(emails=(EMAIL,))
    digest = mirror_digest()
    redeliver(bodies)
    assert find_canaries() == {}
    assert mirror_digest() == digest


def test_a_redelivery_is_a_duplicate_of_the_emptied_event() -> None:
    event = store_and_apply("client.created", client_payload())
    body = bytes(event.body)
    erase(ids=(ID,))
    assert store_delivery(body) == event
    assert Event.objects.get().body == b""


def test_newer_events_about_her_are_stored_without_her_values() -> None:
    store_canaries()
    erase(emails=(EMAIL,))
    store_and_apply("client.updated", client_payload(name="Canary again"), LATER[1])
    store_and_apply("deal.updated", {"id": "d1", "title": "Canary's third", "price": 9}, LATER[1])
    store_and_apply("deal.updated", {"id": "d1", "clientId": ID, "clientName": "Canary"}, LATER[2])
    store_and_apply("contact.deleted", {"id": canaries.CONTACT_ID}, LATER[2])
    settle_arrived_events()
    assert find_canaries() == {}
    assert Deal.objects.get(external_id="d1").value == 9
    assert run_verify_mirror()[0] == 0


def test_another_record_with_her_address_is_hers_too_and_takes_its_past_with_it() -> None:
    store_canaries()
    erase(emails=(EMAIL,))
    store_and_apply("contact.created", {"id": "co_new_canary", "firstName": "Canary"}, LATER[1])
    store_and_apply("deal.created", {"id": "d9", "title": "Canary nest", "price": 5}, LATER[1])
    store_and_apply("deal.updated", {"id": "d9", "contactId": "co_new_canary"}, LATER[2])
    store_and_apply("contact.updated", {"id": "co_new_canary", "email": EMAIL.upper()}, LATER[3])
    settle_arrived_events()
    assert find_canaries() == {}
    assert Deal.objects.get(external_id="d9").value == 5
    assert not Event.objects.filter(status="pending").exists()
    assert run_verify_mirror()[0] == 0


def test_a_name_that_goes_with_her_newest_event_is_again_that_of_an_older_one() -> None:
    """The worker has written the newer name, and must not take the older one for written."""
    store_canaries()
    erase(emails=(EMAIL,))
    owner = {"ownerId": "u7", "ownerName": "Ann"}
    store_and_apply("lead.created", {"id": "le_new_canary", **owner}, LATER[3])
    hers = {"id": "le_new_canary", "email": EMAIL}
    older = {"id": "d9", "leadId": "le_new_canary", **owner}
    store_delivery({"event": "lead.updated", "timestamp": LATER[3], "payload": hers})
    store_delivery({"event": "deal.updated", "timestamp": LATER[1], "payload": older})
    settle_arrived_events()
    assert Deal.objects.get(external_id="d9").owner_ref == "u7"
    assert Name.objects.get(ref="u7").vendor_name == "Ann"
    assert run_verify_mirror()[0] == 0


def test_a_new_deal_of_hers_is_stored_as_a_deal() -> None:
    store_canaries()
    erase(emails=(EMAIL,))
    store_and_apply("deal.updated", {"id": "d7", "title": "Canary cage"}, LATER[1])
    store_and_apply("deal.created", {"id": "d7", "clientId": ID, "price": 5}, "2026-04-01T00:00:00Z")
    settle_arrived_events()
    assert find_canaries() == {}
    assert Deal.objects.get(external_id="d7").value == 5
    assert run_verify_mirror()[0] == 0


def test_events_that_cannot_be_applied_are_emptied_when_they_arrive() -> None:
    store_canaries()
    erase(emails=(EMAIL,))
    store_delivery(f"no JSON, Canary {EMAIL}".encode() + b" again")
    store_delivery({"event": "deal.updated", "payload": {"title": "Canary", "call": OTHER_NOTATION}})
    store_delivery({"event": "weather.two", "payload": {"clientId": ID}})
    settle_arrived_events()
    assert find_canaries() == {}
    assert not Event.objects.filter(status="pending").exists()


def test_a_row_of_a_file_that_is_no_record_is_emptied_when_it_arrives() -> None:
    store_canaries()
    erase(emails=(EMAIL,))
    row = FetchedRecord(Origin.FILE, "client", {"email": EMAIL}, problem="row 1: no id")
    store_fetched(ensure_source("heffl"), [row], datetime.now(UTC))
    settle_arrived_events()
    assert find_canaries() == {}
    assert not Event.objects.filter(status="pending").exists()


def test_an_erasure_by_id_leaves_others_who_share_the_address() -> None:
    store_and_apply("contact.created", {"id": "co_1", "firstName": "Canary", "email": "info@shared.example"})
    store_and_apply("contact.created", {"id": "co_2", "firstName": "Bob", "email": "info@shared.example"})
    report = erase(ids=("co_1",))
    assert (len(report.own), report.shared) == (1, 1)
    assert Contact.objects.get().email == "info@shared.example"
    assert run_verify_mirror()[0] == 0


def test_the_marks_hold_no_value_and_differ_by_the_key() -> None:
    store_and_apply("client.created", client_payload())
    erase(ids=(ID,))
    digests = [bytes(mark.digest) for mark in ErasureMark.objects.all()]
    assert len(set(digests)) == len(digests) >= 3
    assert all(len(digest) == 32 for digest in digests)


def test_the_audit_says_how_she_was_found_and_counts_and_no_value() -> None:
    store_canaries()
    erase(emails=(EMAIL,))
    entry = AuditEntry.objects.get(action="person-erased")
    assert entry.detail["found_by"] == ["email"]
    assert entry.detail["records"] == 4
    assert entry.user_name == "manage.py subject"


def test_what_loads_have_noted_of_her_record_goes_and_that_of_others_stays() -> None:
    store_and_apply("client.created", client_payload())
    load = Load.objects.create(source=Client.objects.get().source, resources=["companies"])
    progress = ResourceProgress.objects.create(load=load, resource="companies", position=0)
    for id in (ID, "cl_other"):
        ListedRecord.objects.create(progress=progress, external_id=id, listing=0)
        Finding.objects.create(
            progress=progress,
            external_id=id,
            kind=Finding.Kind.BEHIND,
            state=Finding.State.MENDED,
            day=datetime(2026, 3, 1, tzinfo=UTC).date(),
        )
    erase(ids=(ID,))
    assert [one.external_id for one in ListedRecord.objects.all()] == ["cl_other"]
    assert [one.external_id for one in Finding.objects.all()] == ["cl_other"]
