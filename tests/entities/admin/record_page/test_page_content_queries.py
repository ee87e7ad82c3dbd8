"""The number of queries of a person's page, which does not grow with what is related to the person."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entities.models import Contact
from tests.support.related_records import create_person_with
from tests.support.staff_client import get_page, log_in_staff, page_url

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("count", [10, 500])
def test_a_persons_page_takes_fourteen_queries_whatever_is_related(count: int) -> None:
    """Those for the session, the user, his time zone, the menu and the note of the view are among them."""
    client = log_in_staff()
    person = create_person_with(count)
    get_page(client, page_url(person))
    with CaptureQueriesContext(connection) as captured:
        page = get_page(client, page_url(person))
    assert len(captured) == 14
    assert f'<span class="count">{count // 2}</span>' in page
    assert "Possibly the same" in page
    assert len(page) < 150_000


def test_a_persons_page_shows_the_newest_three_of_each_kind_and_the_way_to_all() -> None:
    person = create_person_with(100)
    page = get_page(log_in_staff(), page_url(person))
    related = page[page.index('class="related-column"') : page.index('id="timeline"')]
    assert related.count(">Licence</span>") == 3
    assert f'?contact={person.pk}&amp;state=all">all 20</a>' in related
    assert Contact.objects.count() == 2
