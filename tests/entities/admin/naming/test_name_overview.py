"""The overview of names, through its address."""

import re

import pytest
from pytest_django import DjangoAssertNumQueries

from entities.models import Deal, NameKind
from events.models import Source
from tests.support.access_limits import create_member, limit, log_in
from tests.support.api_client import create_record, ensure_source
from tests.support.named_ids import create_name
from tests.support.staff_client import get_page, list_url, log_in_staff, page_url

pytestmark = pytest.mark.django_db
OVERVIEW = "/admin/entities/name/"


def test_the_kinds_of_each_source_are_listed_and_those_without_names_first(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    create_name("s1", name="New")
    create_name("s1", scope="sa_1", vendor_name="Fresh")
    create_name("p1", kind=NameKind.PERSON)
    create_name("p2", kind=NameKind.PERSON, vendor_name="Ada")
    create_name("p1", kind=NameKind.PERSON, source=ensure_source("other"))
    client = log_in_staff()
    with django_assert_max_num_queries(8):
        page = get_page(client, OVERVIEW)
    rows = re.findall(r'<a href="[^"]*/kind/\d+/([\w-]+)/">.*?number">(\d+)<.*?number">(\d+)<', page)
    assert rows == [("person", "2", "1"), ("stage", "1", "0"), ("person", "1", "1")]


def test_a_name_in_a_sub_account_that_the_user_does_not_see_counts_for_nothing() -> None:
    create_name("s1", scope="sa_1")
    create_name("s1", scope="sa_2", name="New")
    client = log_in(limit(create_member("Administrator"), ensure_source(), "sa_1"))
    page = get_page(client, OVERVIEW)
    assert re.findall(r'/kind/\d+/([\w-]+)/">.*?number">(\d+)<.*?number">(\d+)<', page) == [
        ("stage", "1", "1")
    ]


def test_a_source_is_shown_by_its_own_name() -> None:
    source = ensure_source()
    Source.objects.filter(pk=source.pk).update(label="Acme <Dubai>")
    client = log_in_staff()
    page = get_page(client, OVERVIEW)
    assert "Acme &lt;Dubai&gt;" in page
    assert page_url(source) in page
    deal = create_record(Deal)
    for url in (page_url(source), page_url(deal), list_url(Deal)):
        assert "Acme &lt;Dubai&gt;" in get_page(client, url), url
    ensure_source("other")
    assert '<option value="acme">Acme &lt;Dubai&gt;</option>' in get_page(client, list_url(Deal))
    assert list_url(Source) not in get_page(log_in_staff("view_deal"), "/admin/")
