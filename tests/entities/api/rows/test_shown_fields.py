"""`fields=`: what is shown of a row, through the addresses."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from entities.api.views import api_path
from entities.models import Deal, FormSubmission, Record
from entities.models.introspection import record_models
from tests.support.api_client import NOW, create_event, create_record, get_json
from tests.support.named_ids import create_name

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", record_models(), ids=api_path)
def test_each_field_alone_is_what_it_is_in_the_whole_row(client: Client, model: type[Record]) -> None:
    row = create_record(model, extra={"colour": "red"})
    whole = get_json(client, f"{api_path(model)}/{row.pk}/")
    for name, value in whole.items():
        for path in (f"{row.pk}/", ""):
            body = get_json(client, f"{api_path(model)}/{path}", {"fields": name})
            assert (body if path else body["results"][0]) == {name: value}


def test_the_fields_are_in_the_order_of_the_request(client: Client) -> None:
    deal = create_record(Deal, title="Roof")
    for query in ({"fields": "title,id"}, {"fields": ["title", "id", "title"]}):
        assert list(get_json(client, f"deals/{deal.pk}/", query)) == ["title", "id"]


def test_a_key_of_a_document_is_a_field(client: Client) -> None:
    create_record(Deal, custom_fields={"region": {"x": 1}}, extra={"key, with comma": 10**30})
    names = 'custom_fields.region,custom_fields.other,"extra.key, with comma",extra.none'
    assert get_json(client, "deals/", {"fields": names})["results"] == [
        {
            "custom_fields.region": {"x": 1},
            "custom_fields.other": None,
            "extra.key, with comma": "1" + "0" * 30,
            "extra.none": None,
        }
    ]


def test_only_the_columns_that_are_asked_for_are_read(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    create_name("s1", name="Signature")
    for number in range(3):
        create_record(Deal, title=f"{number}", stage_ref="s1")
    with CaptureQueriesContext(connection) as queries:
        get_json(client, "deals/", {"fields": "title", "ordering": "-value"})
    # The token, its limits, the end of the change feed, the rows with a value and those without.
    assert len(queries) == 5
    assert {"registers", "custom_fields", "extra", "slug"}.isdisjoint(queries[3]["sql"].split('"'))
    assert "value" in queries[3]["sql"].split('"')
    with django_assert_num_queries(4):
        body = get_json(client, "deals/", {"fields": "stage", "page_size": 2})
    assert body["results"] == [{"stage": "Signature"}] * 2
    assert body["next"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"fields": "titel"}, "titel"),
        ({"fields": "registers"}, "registers"),
        ({"fields": "scope"}, "scope"),
        ({"fields": "title.x"}, "title.x"),
        ({"fields": "custom_fields."}, "custom_fields."),
        ({"fields": ""}, ""),
        ({"expand": "title"}, "title"),
        ({"expand": "source"}, "source"),
    ],
)
def test_what_a_row_does_not_have_is_refused(client: Client, query: dict[str, str], name: str) -> None:
    deal = create_record(Deal)
    for path in ("deals/", f"deals/{deal.pk}/"):
        [parameter] = query
        [message] = get_json(client, path, query, status=400)["errors"][parameter]
        assert message.startswith(f"Cannot show {name!r}. Choose from: ")


@pytest.mark.parametrize("value", [[{"id": 1}], [], "text", 7, False])
def test_custom_fields_that_are_no_object_stand_under_extra(client: Client, value: Any) -> None:
    create_record(Deal, custom_fields=value, extra={"colour": "red"})
    names = "custom_fields,extra,extra.custom_fields"
    [row] = get_json(client, "deals/", {"fields": names})["results"]
    assert row == {
        "custom_fields": None,
        "extra": {"colour": "red", "custom_fields": value},
        "extra.custom_fields": value,
    }


def test_a_key_of_the_vendors_own_is_not_covered_by_custom_fields(client: Client) -> None:
    create_record(Deal, custom_fields=[1], extra={"custom_fields": "own"})
    [row] = get_json(client, "deals/")["results"]
    assert row["extra"] == {"custom_fields": "own", "custom_fields_": [1]}


def test_answers_of_a_form_stay_what_they_are(client: Client) -> None:
    create_record(FormSubmission, answers=[{"question": "Why?", "answer": 10**30}])
    [row] = get_json(client, "form-submissions/")["results"]
    assert row["answers"] == [{"question": "Why?", "answer": "1" + "0" * 30}]


def test_lists_of_events_and_sources_take_fields(client: Client) -> None:
    event = create_event(NOW)
    assert get_json(client, "events/", {"fields": "id,source"})["results"] == [
        {"id": event.pk, "source": "acme"}
    ]
    assert get_json(client, "sources/", {"fields": "slug"})["results"] == [{"slug": "acme"}]
    assert get_json(client, f"events/{event.pk}/", {"fields": "id"}, status=400)["errors"]
