"""The search of the API, through its address."""

import pytest
from django.test import Client

from entities.models import Contact, Deal, Lead, Name, NameKind, SearchDocument
from tests.support.api_client import create_api_client, create_record, get_json
from tests.support.notations import FIELDS, NOTATIONS, OTHER_FIELDS
from tests.support.staff_client import ensure_source, log_in_staff, store_and_apply

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("text", NOTATIONS)
def test_every_notation_finds_the_one_record(client: Client, text: str) -> None:
    store_and_apply("lead.created", {"id": "L-7/x"} | FIELDS)
    store_and_apply("lead.created", {"id": "L-8"} | OTHER_FIELDS)
    (group,) = get_json(client, "search/", {"q": text})["groups"]
    assert [hit["external_id"] for hit in group["hits"]] == ["L-7/x"]


def test_a_hit_says_what_it_is_and_by_what_it_was_found(client: Client) -> None:
    row = create_record(Lead, name="Jane", mobile="+971 50 765 4321")
    assert get_json(client, "search/", {"q": "0507654321"}) == {
        "groups": [
            {
                "path": "leads",
                "has_more": False,
                "hits": [
                    {
                        "record_type": "lead",
                        "id": row.pk,
                        "url": f"http://testserver/api/v1/leads/{row.pk}/",
                        "name": "Jane",
                        "source": "acme",
                        "external_id": row.external_id,
                        "is_deleted": False,
                        "is_placeholder": False,
                        "match": "phone",
                        "column": "mobile",
                        "value": "+971 50 765 4321",
                        "is_former": False,
                    }
                ],
            }
        ],
        "names": [],
    }


def test_names_of_ids_are_found_by_the_beginnings_of_their_words(client: Client) -> None:
    source = ensure_source()
    Name.objects.create(source=source, kind=NameKind.STAGE, ref="st_2", name="Négociation finale")
    Name.objects.create(source=source, kind=NameKind.STAGE, ref="st_3")
    found = get_json(client, "search/", {"q": "nego fin"})
    assert found == {
        "groups": [],
        "names": [
            {"kind": "stage", "source": source.slug, "scope": "", "ref": "st_2", "name": "Négociation finale"}
        ],
    }


def test_a_kind_has_at_most_20_hits_and_says_if_there_are_more(client: Client) -> None:
    for _ in range(21):
        create_record(Lead, name="Common")
    (group,) = get_json(client, "search/", {"q": "common"})["groups"]
    assert (len(group["hits"]), group["has_more"]) == (20, True)


def test_a_session_finds_what_its_user_may_view() -> None:
    create_record(Lead, name="Jane")
    create_record(Deal, title="Jane's")
    assert len(get_json(log_in_staff(), "search/", {"q": "jane"})["groups"]) == 2
    assert len(get_json(create_api_client("view_deal"), "search/", {"q": "jane"})["groups"]) == 1
    assert Client().get("/api/v1/search/", {"q": "jane"}).status_code == 401


@pytest.mark.parametrize("query", [{}, {"q": "\x00"}, {"q": "jane", "kind": "lead"}])
def test_a_query_that_cannot_be_used_is_refused(client: Client, query: dict[str, str]) -> None:
    assert set(get_json(client, "search/", query, status=400)["errors"]) <= {"q", "kind"}


@pytest.mark.parametrize("text", ["", " ", "%", "'", "x" * 3_000])
def test_any_text_is_answered(client: Client, text: str) -> None:
    assert get_json(client, "search/", {"q": text}) == {"groups": [], "names": []}


def test_a_mirror_without_keys_says_so(client: Client) -> None:
    store_and_apply("lead.created", {"id": "L-7", "name": "Jane"})
    SearchDocument.objects.all().delete()
    assert "rebuild_mirror" in get_json(client, "search/", {"q": "jane"}, status=503)["detail"]


def test_the_same_persons_of_a_record_have_an_address(client: Client) -> None:
    row = create_record(Contact, first_name="Jane", email="jane@acme.example")
    other = create_record(Lead, name="Jane", email="jane@acme.example")
    answer = get_json(client, f"contacts/{row.pk}/same/")
    (same,) = answer["records"]
    assert (same["id"], same["grade"], same["evidence"]) == (
        other.pk,
        "likely",
        ["jane@acme.example", "the name jane"],
    )
    assert answer["shared"] == []
    assert get_json(client, f"deals/{create_record(Deal).pk}/same/") == {"records": [], "shared": []}
