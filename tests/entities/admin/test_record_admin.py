"""The admin's lists of records, through their addresses."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import ForeignKey
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crmmirror.lib.admin_kit import capped_paginator
from entities.admin.listings import LISTINGS, get_listing
from entities.admin.lists.list_choice import parse_order, sortable_columns
from entities.admin.lists.list_columns import column_name, list_columns
from entities.models import Client as ClientRecord
from entities.models import Deal, Lead, Payment, Record
from entities.models.introspection import mirrored_fields, record_models, record_models_by_name
from tests.support.api_client import create_record
from tests.support.staff_client import get_page, list_url, log_in_staff, page_url

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert('x')</script>"


def get_name(model: type[Record]) -> str:
    return str(model._meta.model_name)


def make_full_record(model: type[Record]) -> Any:
    """Make a record that refers to another one in each of its references."""
    fields = {name: field for name, field in mirrored_fields(model).items() if isinstance(field, ForeignKey)}
    return create_record(
        model,
        **{name: create_record(cast(type[Record], field.related_model)) for name, field in fields.items()},
    )


def run_and_list_queries(client: Client, url: str, /, **query: Any) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        get_page(client, url, **query)
    return [query["sql"] for query in captured]


def test_every_record_is_registered() -> None:
    assert set(record_models()) <= set(site._registry)


def test_a_payment_is_known_by_its_reference_and_by_its_key_without_one() -> None:
    with_reference = create_record(Payment, reference="RE-2025-7", external_id="p1")
    without_reference = create_record(Payment, external_id="p2")
    assert (str(with_reference), str(without_reference)) == ("RE-2025-7", "p2")
    assert "RE-2025-7" in get_page(log_in_staff(), list_url(Payment))


def test_the_listings_name_records_and_their_columns() -> None:
    assert LISTINGS.keys() == record_models_by_name().keys()
    for name, listing in LISTINGS.items():
        model = record_models_by_name()[name]
        columns = {field.name for field in model._meta.concrete_fields}
        assert columns.issuperset(listing.filter_words), name
        assert list_columns(model, listing.columns).keys() >= set(map(column_name, listing.columns))
        assert parse_order(listing.order).column in sortable_columns(model)


def test_a_record_without_a_listing_gets_one_from_its_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(LISTINGS, "lead")
    listing = get_listing.__wrapped__(Lead)
    assert listing.columns == ("name", "title", "email", "mobile", "last_event_at", "source")


@pytest.mark.parametrize("model", record_models(), ids=get_name)
def test_a_list_takes_as_many_queries_for_many_rows_as_for_one(model: type[Record]) -> None:
    client = log_in_staff()
    make_full_record(model)
    for_one = run_and_list_queries(client, list_url(model), state="all")
    for _ in range(20):
        make_full_record(model)
    for_many = run_and_list_queries(client, list_url(model), state="all")
    assert len(for_many) == len(for_one) <= 12


@pytest.mark.parametrize("model", record_models(), ids=get_name)
def test_a_list_neither_reads_every_value_of_a_column_nor_any_document(model: type[Record]) -> None:
    client = log_in_staff()
    make_full_record(model)
    for sql in run_and_list_queries(client, list_url(model)):
        assert "DISTINCT" not in sql
        assert '"registers"' not in sql
        assert '"custom_fields"' not in sql


@pytest.mark.parametrize("model", record_models(), ids=get_name)
def test_a_list_is_searched_and_filtered_without_error(model: type[Record]) -> None:
    client = log_in_staff()
    make_full_record(model)
    chosen_words = {column: words[0] for column, words in get_listing(model).filter_words.items()}
    get_page(client, list_url(model), q="ann 50% \\ _", **chosen_words)
    get_page(client, list_url(model), last_event_at="week", created_at="year", source="acme", state="all")
    for column in (*chosen_words, "last_event_at", "created_at", "source", "state"):
        answer = client.get(list_url(model), {column: "nonsense"})
        assert answer.status_code == 400
        assert f"The filter &#x27;{column}&#x27; has no choice" in answer.content.decode()


def test_a_list_shows_live_records_and_says_so() -> None:
    create_record(Deal, title="Alive")
    create_record(Deal, title="Gone", is_deleted=True)
    create_record(Deal, title="Rumoured", is_placeholder=True)
    client = log_in_staff()
    page = get_page(client, list_url(Deal))
    assert "Alive" in page
    assert "Gone" not in page
    assert "Rumoured" not in page
    assert "Live records only." in page
    page = get_page(client, list_url(Deal), state="all")
    assert "Live records only." not in page
    assert 'data-word="deleted"' in page
    assert 'data-word="placeholder"' in page


@pytest.mark.parametrize(
    ("state", "title"), [("live", "Alive"), ("deleted", "Gone"), ("placeholder", "Rumoured")]
)
def test_a_list_is_filtered_by_state(state: str, title: str) -> None:
    create_record(Deal, title="Alive")
    create_record(Deal, title="Gone", is_deleted=True)
    create_record(Deal, title="Rumoured", is_placeholder=True)
    page = get_page(log_in_staff(), list_url(Deal), state=state)
    assert [name for name in ("Alive", "Gone", "Rumoured") if name in page] == [title]


def test_a_search_finds_every_word_and_the_vendors_id() -> None:
    client = log_in_staff()
    create_record(Lead, name="Ann Smith", email="ann@example.com", external_id="ld_1")
    create_record(Lead, name="Bob Smith", external_id="ld_2")
    assert "Bob Smith" not in get_page(client, list_url(Lead), q="smith ANN")
    assert "Ann Smith" in get_page(client, list_url(Lead), q="smith ANN")
    page = get_page(client, list_url(Lead), q="ld_2")
    assert "Bob Smith" in page
    assert "Ann Smith" not in page
    assert "Ann Smith" not in get_page(client, list_url(Lead), q="ld_")


def test_a_search_is_cleared_and_the_filters_stay() -> None:
    page = get_page(log_in_staff(), list_url(Deal), q="audit", status="won", p="1")
    assert '<a href="?status=won">Clear</a>' in page


def test_an_empty_list_says_so() -> None:
    Group.objects.all().delete()
    assert "0 groups" in get_page(log_in_staff(), list_url(Group))
    assert "0 found" in get_page(log_in_staff(), list_url(Deal), q="audit")


def test_a_count_ends_at_the_cap_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capped_paginator, "MAX_ROWS", 3)
    for _ in range(3):
        create_record(Lead)
    assert "3 leads" in get_page(log_in_staff(), list_url(Lead))
    create_record(Lead)
    assert "3+ leads" in get_page(log_in_staff(), list_url(Lead))


def test_a_list_is_narrowed_to_the_records_that_refer_to_one() -> None:
    acme, other = create_record(ClientRecord, name="Acme"), create_record(ClientRecord, name="Other")
    create_record(Deal, title="Ours", client=acme)
    create_record(Deal, title="Theirs", client=other)
    page = get_page(log_in_staff(), list_url(Deal), client=acme.pk)
    assert "Ours" in page
    assert "Theirs" not in page
    assert "Client: Acme" in page


@pytest.mark.parametrize("value", ["x", "-1", "9" * 400, "²"])
def test_a_reference_that_is_not_an_id_is_refused_with_the_reason(value: str) -> None:
    response = log_in_staff().get(list_url(Deal), {"client": value})
    assert response.status_code == 400
    assert "takes a record&#x27;s number, not" in response.content.decode()


def test_amounts_and_times_are_shown_readably() -> None:
    create_record(Deal, value=Decimal("1234567.5"), created_at=datetime(2025, 1, 15, 10, 30, 5, tzinfo=UTC))
    page = get_page(log_in_staff(), list_url(Deal), columns="value,created_at")
    assert '<span class="amount">1,234,567.50</span>' in page
    assert ">2025-01-15 10:30</time>" in page
    assert "Created (UTC)" in page


def test_a_reference_is_a_link() -> None:
    acme = create_record(ClientRecord, name="Acme")
    create_record(Deal, client=acme)
    assert f'<a href="{page_url(acme)}">' in get_page(log_in_staff(), list_url(Deal))


def test_vendors_text_is_escaped_cut_and_its_control_characters_shown() -> None:
    create_record(Deal, title=HOSTILE, stage_name="\u202egnp.exe\x07", owner_name="n" * 1_000_000)
    page = get_page(log_in_staff(), list_url(Deal))
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert "[U+202E]gnp.exe[U+0007]" in page
    assert len(page) < 50_000


@pytest.mark.parametrize("model", record_models(), ids=get_name)
def test_a_list_is_for_those_who_may_see_it(model: type[Record]) -> None:
    assert log_in_staff(f"view_{get_name(model)}").get(list_url(model)).status_code == 200
    assert log_in_staff("view_user").get(list_url(model)).status_code == 403


@pytest.mark.parametrize("model", record_models(), ids=get_name)
def test_a_list_offers_nothing_that_writes(model: type[Record]) -> None:
    row = create_record(model)
    client = log_in_staff()
    assert client.get(list_url(model) + "add/").status_code == 403
    assert client.get(page_url(row).replace("change", "delete")).status_code == 403
    response = client.post(list_url(model), {"action": "delete_selected", "_selected_action": row.pk})
    assert response.status_code in (200, 302)
    assert model._default_manager.filter(pk=row.pk).exists()
    assert "delete_selected" not in get_page(client, list_url(model))
