"""The list of events is narrowed to those that a load has read, as what they were to the mirror."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmmirror.lib.admin_kit.request_check import UnusableRequest
from events.admin.event_filters import LoadedEvents
from events.models import LoadedEvent
from tests.support.staff_client import log_in_staff

LIST = "/admin/events/event/"
NUMBERS = st.integers(0, 10**18 - 1).map(str)
KINDS = st.sampled_from(["", *LoadedEvent.Kind.values])


@pytest.mark.unit
@given(NUMBERS, st.from_regex(r"[a-z-]*", fullmatch=True), KINDS)
def test_what_is_chosen_of_a_load_is_read_back(load: str, resource: str, kind: str) -> None:
    chosen = LoadedEvents(load, resource, kind)
    assert LoadedEvents.parse(str(chosen)) == chosen


@pytest.mark.unit
@pytest.mark.parametrize("text", ["x", "", "/deals/new", "1/deals/old", "1/deals/new/1", "1" * 19])
def test_what_names_no_events_of_a_load_is_refused(text: str) -> None:
    with pytest.raises(UnusableRequest, match="such as 12/deals/new"):
        LoadedEvents.parse(text)


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["x", "1/deals/old"])
def test_the_list_says_what_the_filter_takes(text: str) -> None:
    answer = log_in_staff().get(LIST, {"load": text})
    assert answer.status_code == 400
    assert b"such as 12/deals/new" in answer.content
