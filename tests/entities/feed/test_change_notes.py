"""Notes of changed records: what writes them, what does not, and what finds those that lack one."""

import pytest

from crmmirror.lib.database.cursors import execute, fetch_value
from entities.feed.change_notes import count_records_behind
from entities.models import Change, ChangeNote, Deal, Invoice
from entities.models.introspection import record_models
from entities.writing.process_batch import process_batch
from tests.support.api_client import create_api_client, create_record
from tests.support.applied_events import LATER_TIME, apply_heffl_event
from tests.support.feed_copy import FeedCopy, read_lists, without_names
from tests.support.money_vendor import invoice_event, money_vendor, payment_event
from tests.support.rebuild_helpers import (
    deliver_generated_events,
    run_rebuild_mirror,
    run_verify_mirror,
)

pytestmark = pytest.mark.django_db(transaction=True)


def numbers() -> dict[tuple[str, int], int]:
    return {(change.record_type, change.record_id): change.number for change in Change.objects.all()}


def test_every_record_has_a_change_that_was_noted_after_it_was_written() -> None:
    deliver_generated_events(300)
    assert count_records_behind("public") == 0
    assert Change.objects.count() == sum(model._base_manager.count() for model in record_models())
    for model in record_models():
        for row in model._default_manager.all():
            scope = getattr(row, model.scope_column)
            change = Change.objects.get(
                source=row.source_id,
                record_type=str(model._meta.model_name),
                scope=scope,
                external_id=row.external_id,
            )
            assert change.record_id == row.pk
            assert change.noted_at >= row.changed_at


def test_one_batch_is_one_note() -> None:
    events = [invoice_event("created", 1, key, total=100) for key in ("i", "j")]
    with money_vendor():
        process_batch([*events, payment_event(2, "p", invoiceId="i", amount=30)])
    note = ChangeNote.objects.get()
    keys = sorted(zip(note.record_types, note.external_ids, strict=True))
    assert keys == [("invoice", "i"), ("invoice", "j"), ("payment", "p")]
    assert set(note.record_ids) > set(Invoice.objects.values_list("pk", flat=True))


def test_verify_mirror_reports_a_record_that_was_written_without_a_note() -> None:
    apply_heffl_event("deal.created", {"id": "d1", "title": "a"})
    assert run_verify_mirror()[0] == 0
    execute("UPDATE entities_deal SET changed_at = clock_timestamp()")
    status, output = run_verify_mirror()
    assert status == 1
    assert "1 records are not in the change feed as they are now: rebuild_mirror adds them" in output
    before = numbers()
    run_rebuild_mirror()
    assert run_verify_mirror()[0] == 0
    assert numbers() != before


def test_a_record_from_before_the_feed_is_noted_by_a_rebuild() -> None:
    apply_heffl_event("deal.created", {"id": "d1", "title": "a"})
    Change.objects.all().delete()
    run_rebuild_mirror()
    assert numbers().keys() == {("deal", Deal.objects.get().pk)}


def test_verify_mirror_changes_nothing_in_the_feed() -> None:
    deliver_generated_events(30)
    before = list(Change.objects.order_by("number").values())
    run_verify_mirror()
    assert list(Change.objects.order_by("number").values()) == before
    assert not ChangeNote.objects.exists()


def test_a_rebuild_tells_of_the_records_that_differ_and_of_no_other() -> None:
    deliver_generated_events(60)
    apply_heffl_event("deal.created", {"id": "d1", "title": "right"})
    copy = FeedCopy(create_api_client())
    copy.follow()
    wrong, gone = Deal.objects.get(external_id="d1"), create_record(Deal)
    execute("UPDATE entities_deal SET title = 'wrong' WHERE id = %s", wrong.pk)
    lost = Invoice.objects.filter(payment=None).first()
    assert lost is not None
    execute("DELETE FROM entities_timelineentry WHERE record_type = 'invoice' AND record_id = %s", lost.pk)
    execute("DELETE FROM entities_invoice WHERE id = %s", lost.pk)
    before = numbers()
    run_rebuild_mirror()
    changed = {key for key, number in numbers().items() if before.get(key) != number}
    remade = Invoice.objects.get(source=lost.source_id, scope=lost.scope, external_id=lost.external_id).pk
    assert changed == {("deal", wrong.pk), ("deal", gone.pk), ("invoice", remade)}
    copy.rows["deal", gone.pk] = {}
    copy.rows.pop(("invoice", lost.pk))
    copy.follow()
    assert without_names(copy.rows) == without_names(read_lists(copy.client))
    assert copy.deletes == [("deal", gone.pk)]


def test_an_event_that_is_applied_again_notes_nothing() -> None:
    event = invoice_event("created", 1, total=100)
    with money_vendor():
        process_batch([event])
        ChangeNote.objects.all().delete()
        process_batch([event])
    assert not ChangeNote.objects.exists()


def test_what_a_refused_batch_wrote_is_not_noted() -> None:
    """The half with the event that the database refuses is rolled back, with its note."""
    apply_heffl_event("deal.created", {"id": "d1", "title": "a"}, at=LATER_TIME)
    assert fetch_value("SELECT count(*) FROM entities_changenote") == 0
    assert count_records_behind("public") == 0
