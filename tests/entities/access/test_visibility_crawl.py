"""Somebody who is limited sees the same mirror as if nothing else were in it: each page and each answer."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from entities.models import ApiToken, ViewedRecord
from entities.models.introspection import model_name, record_models
from events.models import Event, Source
from tests.support.access_limits import create_member, limit, log_in
from tests.support.crawler import crawl_admin, crawl_api
from tests.support.marked_events import MOMENT, store_marked_events, store_marked_refusals
from tests.support.staff_client import ensure_source

pytestmark = pytest.mark.django_db

OWN, SIBLING, OTHER = "zznorth", "zzsouth", "zzother"


@pytest.fixture(autouse=True)
def frozen_time() -> Iterator[None]:
    """Stop the clock: pages say how long ago something was."""
    with time_machine.travel(MOMENT, tick=False):
        yield


@pytest.fixture
def shared() -> Source:
    """Return the source with sub-accounts of which the limited see one."""
    return ensure_source("shared", "seedly")


def store_own(source: Source) -> None:
    store_marked_events(source, OWN)


def store_hidden(shared: Source) -> None:
    """Store what a visitor of OWN does not see, in the same source and in another one."""
    other = ensure_source("zzotherslug", "heffl")
    store_marked_events(other, OTHER, copies=2)
    store_marked_events(shared, SIBLING, copies=2)
    for source, count in ((shared, 66_601), (other, 66_602), (None, 66_603)):
        store_marked_refusals(source, f"{SIBLING}{OTHER}", count)


def token_headers(user: User) -> dict[str, str]:
    return {"authorization": f"Token {ApiToken.issue(user, 'crawl')[1]}"}


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [address for address in {**before, **after} if before.get(address) != after.get(address)]


def find_hidden(answers: dict[str, tuple[int, Any]]) -> list[tuple[str, str]]:
    texts = {address: json.dumps(content) for address, (_, content) in answers.items()}
    return [
        (address, word)
        for address, text in texts.items()
        for word in (SIBLING, OTHER, "66601", "66,601", "66602", "66,602", "66603", "66,603")
        if word in text
    ]


def assert_unchanged(crawl: Callable[[], dict[str, tuple[int, Any]]], store: Callable[[], None]) -> None:
    """Crawl, store what is hidden, crawl again: nothing may have changed."""
    before = crawl()
    # The first crawl has opened records, which are shown as viewed lately.
    ViewedRecord.objects.all().delete()
    store()
    after = crawl()
    assert find_hidden(after) == []
    assert differences(before, after) == []
    assert {status for status, _ in before.values()} <= {200, 302}
    assert any(OWN in json.dumps(content) for _, content in before.values())


def test_a_viewer_of_one_sub_account_meets_nothing_of_another_on_any_page(shared: Source) -> None:
    store_own(shared)
    client = log_in(limit(create_member("Viewer"), shared, OWN))
    assert_unchanged(lambda: crawl_admin(client, follows_queries=False), lambda: store_hidden(shared))


@pytest.mark.prove
def test_a_viewer_of_one_sub_account_meets_nothing_of_another_by_any_link(shared: Source) -> None:
    store_own(shared)
    client = log_in(limit(create_member("Viewer"), shared, OWN))
    assert_unchanged(lambda: crawl_admin(client), lambda: store_hidden(shared))


@pytest.mark.prove
def test_an_operator_of_one_sub_account_meets_nothing_of_another_by_any_link(shared: Source) -> None:
    store_own(shared)
    client = log_in(limit(create_member("Operator"), shared, OWN))
    assert_unchanged(lambda: crawl_admin(client), lambda: store_hidden(shared))


@pytest.mark.prove
def test_an_operator_of_one_source_meets_nothing_of_another_by_any_link(shared: Source) -> None:
    store_own(shared)
    client = log_in(limit(create_member("Operator"), shared))

    def store() -> None:
        other = ensure_source("zzotherslug", "heffl")
        store_marked_events(other, OTHER, copies=2)
        for source in (other, None):
            store_marked_refusals(source, OTHER, 66_602)

    assert_unchanged(lambda: crawl_admin(client), store)


@pytest.mark.parametrize(
    "role",
    ["Administrator", *(pytest.param(role, marks=pytest.mark.prove) for role in ("Viewer", "Operator"))],
)
def test_a_token_of_one_sub_account_reads_nothing_of_another_from_the_api(role: str, shared: Source) -> None:
    store_own(shared)
    headers = token_headers(limit(create_member(role), shared, OWN))
    before = crawl_api(Client(), headers)
    store_hidden(shared)
    after = crawl_api(Client(), headers)
    assert find_hidden(after) == []
    assert differences(before, after) == []
    assert OWN in str(before)


def hidden_rows() -> Iterator[tuple[str, int]]:
    """Yield the model's name and id of each record that a visitor of OWN does not see."""
    for model in record_models():
        for row in model._default_manager.exclude(**{model.scope_column: OWN}).order_by("id")[:3]:
            yield model_name(model), row.pk


def test_what_is_hidden_is_answered_as_what_does_not_exist(shared: Source) -> None:
    store_hidden(shared)
    user = limit(create_member("Operator"), shared, OWN)
    client, headers = log_in(user), token_headers(user)
    absent = 10**9
    answers: dict[str, set[Any]] = {}
    for name, pk in [*hidden_rows(), *((model_name(model), absent) for model in record_models())]:
        for part in ("change", "timeline", "history"):
            answer = client.get(f"/admin/entities/{name}/{pk}/{part}/")
            answers.setdefault(f"{name} {part}", set()).add(answer.status_code)
    for pk in (*Event.objects.values_list("pk", flat=True)[:5], absent):
        for part in ("change", "raw"):
            answer = client.get(f"/admin/events/event/{pk}/{part}/")
            answers.setdefault(f"event {part}", set()).add(answer.status_code)
        answer = client.post(f"/admin/events/event/{pk}/apply-again/")
        answers.setdefault("event apply-again", set()).add(answer.status_code)
        answer = Client().get(f"/api/v1/events/{pk}/", headers=headers)
        answers.setdefault("event API", set()).add((answer.status_code, answer.content))
    assert {key: found for key, found in answers.items() if len(found) != 1} == {}
    assert not Event.objects.filter(status=Event.Status.PENDING).exists()
