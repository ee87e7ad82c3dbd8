"""Two workers that insert the same record at the same time."""

import pytest

from entities.models import SearchDocument
from events.rebuild.verification import compare_with_log
from tests.support.concurrent_batches import apply_at_the_same_time
from tests.support.event_builders import client_event

pytestmark = pytest.mark.django_db(transaction=True)

FIRST, SECOND, THIRD = "+44 663 8758050", "+49 215 7254293", "+1 555 0001000"


def test_a_record_that_another_worker_inserts_meanwhile_keeps_its_former_phones() -> None:
    of_one = [client_event("updated", minute, phone=phone) for minute, phone in ((1, FIRST), (2, SECOND))]
    apply_at_the_same_time(of_one, [client_event("updated", 3, phone=THIRD)])
    keys = SearchDocument.objects.get(record_type="client").keys
    assert all(phone.replace(" ", "")[::-1] in keys for phone in (FIRST, SECOND, THIRD))
    assert compare_with_log(lambda count: None, limit=5).rows == 0
