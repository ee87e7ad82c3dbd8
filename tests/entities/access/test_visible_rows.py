"""What the admin's lists and pages show to somebody who is limited, and what they cost him in queries."""

from collections.abc import Callable
from functools import partial

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crmmirror.api_urls import VIEWSETS
from entities.access.visible_rows import VisibleRowsAdmin
from entities.api.views import RowViewSet
from entities.models import ApiToken, Deal
from entities.models import Client as ClientRecord
from entities.models.introspection import record_models
from events.models import Event, Source
from tests.support.access_limits import create_member, limit, log_in
from tests.support.api_client import NOW, create_event, create_record, create_timeline_entry
from tests.support.staff_client import ensure_source, get_page, list_url, page_url

pytestmark = pytest.mark.django_db


@pytest.fixture
def east() -> Source:
    return ensure_source("east", "seedly")


@pytest.fixture
def west() -> Source:
    return ensure_source("west", "seedly")


def count_queries(ask: Callable[[], object]) -> int:
    ask()
    with CaptureQueriesContext(connection) as queries:
        ask()
    return len(queries)


def test_every_list_of_what_sources_have_is_narrowed_to_what_the_user_sees() -> None:
    of_sources = [
        model_admin
        for model, model_admin in site._registry.items()
        if model is Source or any(field.name == "source" for field in model._meta.fields)
    ]
    assert len(of_sources) > len(record_models())
    assert [row for row in of_sources if not isinstance(row, VisibleRowsAdmin)] == []
    assert [viewset for viewset in VIEWSETS.values() if not issubclass(viewset, RowViewSet)] == []


@pytest.mark.parametrize(
    "address", ["/admin/entities/deal/", "/admin/entities/deal/{deal}/change/", "/admin/"]
)
def test_what_somebody_sees_costs_two_queries_of_a_page_at_most(address: str, east: Source) -> None:
    deal = create_record(Deal, source=east, scope="sa_1")
    create_timeline_entry(deal, NOW, {"title": "Audit"})
    address = address.format(deal=deal.pk)
    people = {
        "limited": limit(create_member("Operator"), east, "sa_1"),
        "unlimited": create_member("Operator"),
        "superuser": User.objects.create_superuser("root"),
    }
    counts = {
        name: count_queries(partial(get_page, log_in(person), address)) for name, person in people.items()
    }
    # Beside the two for the permissions of a user and of his groups, which a superuser does not need.
    assert counts["unlimited"] - counts["superuser"] <= 2 + 1
    assert counts["limited"] - counts["unlimited"] <= 1


def test_what_a_token_sees_costs_one_query_of_a_list(east: Source) -> None:
    create_record(Deal, source=east, scope="sa_1")
    member = limit(create_member("Viewer"), east, "sa_1")
    counts = []
    for person in (member, User.objects.create_superuser("root")):
        headers = {"authorization": f"Token {ApiToken.issue(person, 'report')[1]}"}
        client = Client(headers=headers)
        counts.append(count_queries(partial(client.get, "/api/v1/deals/")))
    assert counts[0] - counts[1] <= 2 + 1


def test_a_viewer_meets_no_link_to_an_event_that_he_may_not_open() -> None:
    deal = create_record(Deal)
    entry = create_timeline_entry(deal, NOW, {"status": "won"})
    link = reverse("admin:events_event_change", args=[entry.event_id])
    for role, is_linked in (("Viewer", False), ("Operator", True)):
        client = log_in(create_member(role))
        for address in (page_url(deal), reverse("admin:entities_deal_timeline", args=[deal.pk])):
            page = get_page(client, address)
            assert "deal.updated" in page
            assert (link in page) == is_linked


def test_an_operator_meets_no_link_to_an_event_that_he_does_not_see(east: Source) -> None:
    deal = create_record(Deal, source=east, scope="sa_1")
    entry = create_timeline_entry(deal, NOW, {"status": "won"})
    link = reverse("admin:events_event_change", args=[entry.event_id])
    Event.objects.filter(pk=entry.event_id).update(source=ensure_source("west"))
    assert link not in get_page(log_in(limit(create_member("Operator"), east, "sa_1")), page_url(deal))


def test_a_filter_by_a_hidden_record_does_not_name_it(east: Source) -> None:
    hidden = create_record(ClientRecord, source=east, scope="sa_2", name="Hidden Trading")
    create_record(Deal, source=east, scope="sa_2", client=hidden)
    page = get_page(
        log_in(limit(create_member("Viewer"), east, "sa_1")), f"{list_url(Deal)}?client={hidden.pk}"
    )
    assert "no such client" in page
    assert "Hidden Trading" not in page
    assert "0 deals" in page


def test_a_filter_by_a_hidden_source_is_refused_without_naming_any(east: Source, west: Source) -> None:
    client = log_in(limit(create_member("Viewer"), east))
    answers = [client.get(f"{list_url(Deal)}?source={slug}") for slug in ("west", "none")]
    assert {answer.status_code for answer in answers} == {400}
    assert "it has: east" in answers[0].content.decode()


def test_events_that_one_does_not_see_cannot_be_applied_again(east: Source, west: Source) -> None:
    hidden, seen = create_event(source=west), create_event(source=east)
    client = log_in(limit(create_member("Operator"), east))
    selection = {"action": "apply_selected_again", "_selected_action": [hidden.pk, seen.pk], "index": "0"}
    client.post(list_url(Event), selection)
    client.post(reverse("admin:events_event_apply_again", args=[hidden.pk]))
    client.post(reverse("admin:events_event_apply_all_again"))
    assert Event.objects.get(pk=hidden.pk).status == Event.Status.APPLIED
    assert Event.objects.get(pk=seen.pk).status == Event.Status.PENDING


def test_an_operator_of_a_sub_account_changes_no_source_and_sees_none_of_its_secrets(east: Source) -> None:
    client = log_in(limit(create_member("Operator"), east, "sa_1"))
    page = get_page(client, page_url(east))
    assert str(east.uuid) not in page
    assert "Refused in the past 24 hours" not in page
    for name in ("rotate", "trial"):
        address = reverse(f"admin:events_source_{name}", args=[east.pk])
        assert client.post(address, {"overlap": "0"}).status_code == 403
    assert client.post(page_url(east), {"slug": "mine"}).status_code == 403


def test_only_those_who_see_everything_add_a_source(east: Source) -> None:
    address = reverse("admin:events_source_add")
    assert log_in(limit(create_member("Operator"), east)).get(address).status_code == 403
    assert log_in(create_member("Operator")).get(address).status_code == 200


def test_the_metrics_of_all_sources_are_for_those_who_see_everything(east: Source) -> None:
    member = create_member("Operator")
    token = ApiToken.issue(member, "prometheus")[0]
    assert log_in(member).get("/metrics").status_code == 200
    text = ApiToken.issue(member, "limited")[1]
    limit(ApiToken.objects.get(name="limited"), east)
    assert Client().get("/metrics", headers={"authorization": f"Token {text}"}).status_code == 403
    limit(member, east)
    assert log_in(member).get("/metrics").status_code == 403
    assert token.user == member
