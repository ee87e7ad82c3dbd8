"""A token that is limited to kinds of record tells nothing of others, by any address of the API."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from crmmirror.api_urls import VIEWSETS
from entities.access.visibility import visible_to
from entities.api.views import api_path
from entities.models import (
    ApiToken,
    Contact,
    Deal,
    Message,
    Name,
    NameKind,
    Quotation,
    SubAccount,
    Word,
)
from entities.models import Client as ClientRecord
from entities.models.introspection import entities_by_name, model_name, record_models, record_models_by_name
from tests.support.access_limits import create_member
from tests.support.access_matrix import MATRIX
from tests.support.api_client import create_record, create_timeline_entry, get_json
from tests.support.crawler import crawl_api
from tests.support.marked_events import MOMENT, store_samples_about
from tests.support.staff_client import ensure_source

pytestmark = pytest.mark.django_db

MODEL_NAMES = [model_name(model) for model in record_models()]
# Columns of a record that refer to other records, and the figures of stages, which are groups by sub-account.
REFERENCES = {
    name: [field.name for field in VIEWSETS[api_path(model)].shown_fields if field.column.refers_to_record]
    for name, model in record_models_by_name().items()
}


@pytest.fixture(autouse=True)
def frozen_time() -> Iterator[None]:
    """Stop the clock: figures of stages count days until now."""
    with time_machine.travel(MOMENT, tick=False):
        yield


def create_token(*record_types: str, user: User | None = None) -> str:
    token, text = ApiToken.issue(user or create_member("Administrator"), f"of {record_types}")
    ApiToken.objects.filter(pk=token.pk).update(record_types=record_types)
    return text


def create_reader(*record_types: str) -> Client:
    return Client(headers={"authorization": f"Token {create_token(*record_types)}"})


def crawl(text: str) -> dict[str, tuple[int, Any]]:
    return crawl_api(Client(), {"authorization": f"Token {text}"})


def find_shown(answers: dict[str, tuple[int, Any]], keys: Iterable[str]) -> list[tuple[str, str, Any]]:
    """Return the addresses at which one of the keys has a value other than null."""

    def walk(value: Any, address: str) -> Iterator[tuple[str, str, Any]]:
        if isinstance(value, dict):
            for key, item in value.items():
                if key in keys and item is not None:
                    yield address, key, item
                yield from walk(item, address)
        elif isinstance(value, list):
            for item in value:
                yield from walk(item, address)

    return [one for address, (_, content) in answers.items() for one in walk(content, address)]


def assert_nothing_of_others(vendor: str, name: str) -> None:
    """Crawl with a token of one kind, store more records of all other kinds, and crawl again."""
    source = ensure_source("shared", vendor)
    store_samples_about(source, "zzown", MODEL_NAMES)
    text = create_token(name)
    before = crawl(text)
    others = [other for other in MODEL_NAMES if other != name]
    store_samples_about(source, "zzother", others, unmentioned=name)
    after = crawl(text)
    changed = [address for address in {**before, **after} if before.get(address) != after.get(address)]
    assert changed == []
    assert "zzother" not in json.dumps(after)
    assert find_shown(after, REFERENCES[name]) == []
    path = f"/api/v1/{api_path(record_models_by_name()[name])}/"
    assert "zzown" in after[f"{path}?format=csv&ordering=-id"][1] + str(
        after["/api/v1/changes/?page_size=500"]
    )
    for model in record_models():
        if model_name(model) != name:
            assert after[f"/api/v1/{api_path(model)}/"][0] == 403
    assert {after[f"/api/v1/{path}/"][0] for path in ("events", "sources")} == {403}


# Kinds of which the vendor sends events.
KINDS = [("seedly", name) for name in ("contact", "deal", "message", "appointment", "task", "invoice")]
KINDS += [("heffl", name) for name in ("client", "lead", "deal", "quotation", "invoice", "payment")]


@pytest.mark.parametrize(
    ("vendor", "name"),
    [pytest.param(vendor, name, marks=() if name == "deal" else pytest.mark.prove) for vendor, name in KINDS],
)
def test_a_token_of_one_kind_reads_nothing_of_another_from_the_api(vendor: str, name: str) -> None:
    assert_nothing_of_others(vendor, name)


def test_a_token_without_kinds_reads_all_that_its_user_may() -> None:
    deal = create_record(Deal, client=create_record(ClientRecord))
    row = get_json(create_reader(), f"deals/{deal.pk}/")
    assert row["client"] == deal.client_id


def test_a_token_never_reads_a_kind_that_its_user_may_not_view() -> None:
    text = create_token("deal", user=create_member())
    assert Client(headers={"authorization": f"Token {text}"}).get("/api/v1/deals/").status_code == 403


def test_a_kind_that_no_model_has_any_more_opens_nothing() -> None:
    reader = create_reader("bygone")
    assert {reader.get(f"/api/v1/{api_path(model)}/").status_code for model in record_models()} == {403}


@pytest.mark.parametrize("line", MATRIX, ids=lambda line: line.what)
def test_each_address_of_the_api_is_for_the_kinds_of_the_token(line: Any) -> None:
    deal = create_record(Deal)
    reader = create_reader("contact")
    for address in line.addresses:
        if address.startswith("/api/v1/") and "{event}" not in address:
            is_for_all = address in ("/api/v1/", "/api/v1/changes/")
            expected = 200 if is_for_all else 403
            assert reader.get(address.format(deal=deal.pk)).status_code == expected, address
    assert reader.get("/metrics").status_code == 403


def test_two_kinds_show_their_references_to_each_other_and_no_others() -> None:
    buyer, person = create_record(ClientRecord), create_record(Contact)
    deal = create_record(Deal, client=buyer, contact=person)
    reader = create_reader("deal", "client")
    row = get_json(reader, f"deals/{deal.pk}/", {"expand": "client,contact"})
    assert (row["client"]["id"], row["contact"]) == (buyer.pk, None)
    # A reference of an expanded record is hidden too.
    quotation = create_record(Quotation, deal=deal)
    shown = get_json(create_reader("quotation", "deal"), f"quotations/{quotation.pk}/", {"expand": "deal"})
    assert (shown["deal"]["id"], shown["deal"]["client"]) == (deal.pk, None)


@pytest.mark.parametrize(
    "query",
    [
        *({"client": "1"}, {"client__in": "1,2"}, {"client__isnull": "true"}, {"client__not": "1"}),
        *({"client__external_id": "x"}, {"client__external_id__not_in": "x,y"}, {"sub_account": "1"}),
        *({"ordering": "client"}, {"ordering": "-sub_account,id"}),
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["deals/", "deals/?format=ndjson"])
def test_nobody_filters_or_orders_by_references_to_what_he_may_not_view(
    path: str, query: dict[str, str]
) -> None:
    deal = create_record(Deal, client=create_record(ClientRecord))
    path, _, options = path.partition("?")
    query = query | ({"format": "ndjson"} if options else {})
    refusal = get_json(create_reader("deal"), path, query, status=400)
    assert list(refusal["errors"]) == [name for name in query if name != "format"]
    assert str(deal.client_id) not in json.dumps(refusal["errors"])


def test_a_party_of_conversations_is_no_filter_without_its_kind() -> None:
    refusal = get_json(create_reader("message"), "messages/", {"conversation_contact": "1"}, status=400)
    assert refusal["errors"] == {
        "conversation_contact": ["You may not view contacts, so not filter by them."]
    }
    assert get_json(create_reader("message", "contact"), "messages/", {"conversation_contact": "1"})


def test_summaries_do_not_group_by_what_is_hidden() -> None:
    account = create_record(SubAccount)
    create_record(Deal, client=create_record(ClientRecord), stage_ref="s1", sub_account=account)
    reader = create_reader("deal")
    refusal = get_json(reader, "deals/summary/", {"group_by": "client"}, status=400)
    assert "client" not in refusal["errors"]["group_by"][0].partition("Choose from:")[2].split(", ")
    get_json(reader, "deals/summary/", {"client": "1"}, status=400)
    get_json(reader, "deals/funnel/", {"client": "1"}, status=400)
    (group,) = get_json(reader, "deals/summary/", {"group_by": "stage_ref"})["results"]
    assert (group["sub_account"], group["stage_ref"], group["count"]) == (None, "s1", 1)
    (group,) = get_json(create_reader("deal", "subaccount"), "deals/summary/", {"group_by": "stage_ref"})[
        "results"
    ]
    assert group["sub_account"] == account.pk


def test_the_timeline_and_provenance_leave_out_what_is_hidden() -> None:
    deal = create_record(Deal, client=create_record(ClientRecord))
    create_timeline_entry(deal, MOMENT, {"title": "Plan", "client": "c-1"})
    mention = create_timeline_entry(deal, MOMENT, {})
    reader = create_reader("deal")
    entries = get_json(reader, f"deals/{deal.pk}/timeline/")["results"]
    assert [entry["wrote"] for entry in entries] == [{"title": "Plan"}]
    assert len(get_json(create_reader(), f"deals/{deal.pk}/timeline/")["results"]) == 2
    assert mention.event_id not in {entry["event"] for entry in entries}
    assert "client" not in get_json(reader, f"deals/{deal.pk}/provenance/")["columns"]


@pytest.mark.parametrize("file_format", ["csv", "ndjson"])
def test_files_have_no_hidden_references(file_format: str) -> None:
    create_record(Deal, client=create_record(ClientRecord), title="Plan")
    answer = create_reader("deal").get("/api/v1/deals/", {"format": file_format, "fields": "title,client"})
    text = b"".join(answer).decode()
    rows = list(csv.DictReader(io.StringIO(text))) if file_format == "csv" else [json.loads(text)]
    assert [(row["title"], row["client"] or None) for row in rows] == [("Plan", None)]


def test_the_search_shows_names_only_of_what_the_kinds_have() -> None:
    source = ensure_source("acme", "heffl")
    for kind in NameKind.values:
        Name.objects.create(source=source, scope="sa1", kind=kind, ref="1", name="Zebra")
    for record_type, field in (("formsubmission", "form_ref"), ("deal", "stage_ref"), ("lead", "owner_ref")):
        Word.objects.create(record_type=record_type, source=source, scope="sa1", field=field, word="1")

    def search(*record_types: str) -> list[tuple[str, str]]:
        found = get_json(create_reader(*record_types), "search/", {"q": "zebra"})["names"]
        return [(name["kind"], name["scope"]) for name in found]

    assert search("formsubmission") == [("form", "")]
    assert search("deal") == [("stage", "")]
    assert search("deal", "subaccount") == [("stage", "sa1"), ("sub-account", "sa1")]
    assert search("task") == []
    assert len(get_json(create_reader(), "search/", {"q": "zebra"})["names"]) == len(NameKind.values)


def test_what_is_read_for_a_token_is_narrowed_to_its_kinds() -> None:
    deal = create_record(Deal, client=create_record(ClientRecord))
    create_timeline_entry(deal, MOMENT, {"title": "Plan"})
    token = ApiToken.issue(create_member("Administrator"), "narrow")[0]
    token.record_types = ["deal"]
    assert visible_to(token, Deal.objects.all()).count() == 1
    assert visible_to(token, ClientRecord.objects.all()).count() == 0
    assert visible_to(token, Message.objects.all()).count() == 0
    assert visible_to(token, type(deal.source).objects.all()).count() == 1
    event_model: Any = type(deal)._meta.apps.get_model("events", "Event")
    assert event_model.objects.count() == 1
    assert visible_to(token, event_model.objects.all()).count() == 0


def test_a_reader_whose_token_loses_a_kind_is_told_of_it_as_deletes() -> None:
    reader = create_reader()
    token = ApiToken.objects.get()
    account = ensure_source("acme", "heffl")
    store_samples_about(account, "zz", ["client"])
    cursor = get_json(reader, "changes/", {"page_size": 500})["cursor"]
    token.record_types = [name for name in MODEL_NAMES if name != "client"]
    token.save()
    told = get_json(reader, "changes/", {"after": cursor, "page_size": 500})["results"]
    assert {(change["op"], change["entity"]) for change in told} == {("delete", "client")}
    assert len(told) == ClientRecord.objects.count()
    assert {change["entity"] for change in told} <= set(entities_by_name())
