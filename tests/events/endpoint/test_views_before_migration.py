"""A delivery to new code before its migration is answered 503, and stored once the migration is there."""

import pytest

from events.models import Event
from tests.support.missing_migrations import missing_column
from tests.support.vendor_requests import BODY, deliver, new_source

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("is_source_cached", [False, True])
@pytest.mark.parametrize(("table", "column"), [("events_event", "warnings"), ("events_source", "active")])
def test_a_delivery_that_cannot_be_stored_for_lack_of_a_column_is_answered_503_until_it_is_there(
    table: str, column: str, is_source_cached: bool
) -> None:
    source, secret = new_source()
    if is_source_cached:
        assert deliver(source, secret, BODY + b" ").status_code == 202
    with missing_column(table, column):
        for _ in range(2):
            response = deliver(source, secret)
            assert (response.status_code, response["Retry-After"].isdigit()) == (503, True)
    assert deliver(source, secret).status_code == 202
    assert bytes(Event.objects.latest("id").body) == BODY
