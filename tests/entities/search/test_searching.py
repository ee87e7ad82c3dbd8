"""The search of all records, after real events: notations, tiers, former values, bounds."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crmmirror.lib.database.cursors import fetch_value
from entities.models.key_kinds import KeyKind
from entities.search.document_keys import collect_keys, format_document
from entities.search.question import ask_anything, read_question
from entities.search.searching import MAX_HITS, SearchResult, search
from events.models import Source
from tests.support.access_limits import create_member, limit
from tests.support.staff_client import create_staff_user, store_and_apply

pytestmark = pytest.mark.django_db

# Characters that no column holds; the endpoint's reader removes them.
STORABLE = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=60)


@pytest.fixture
def viewer() -> User:
    return create_staff_user()


def store_lead(key: str, at: str = "2025-01-15T10:30:00Z", **fields: str | None) -> None:
    store_and_apply("lead.updated", {"id": key} | fields, at=at)


def list_hits(result: SearchResult) -> list[tuple[str, str, str, bool]]:
    """Return of each hit the record's id, by what it was found, the value, and whether it is a former one."""
    return [
        (hit.record.external_id, hit.explanation.match, hit.explanation.value, hit.is_former)
        for group in result.groups
        for hit in group.hits
    ]


def found_ids(viewer: User, text: str) -> list[str]:
    return [hit[0] for hit in list_hits(search(viewer, text))]


def test_the_best_match_comes_first(viewer: User) -> None:
    store_lead("l_beginning", name="Janet Doe")
    store_lead("l_whole", name="Jane Doe")
    store_lead("l_number", name="Ann", mobile="+971 50 765 4321")
    store_lead("jane", name="Its id")
    assert found_ids(viewer, "jane") == ["jane", "l_whole", "l_beginning"]
    assert found_ids(viewer, "7654321 ann") == ["l_number"]


def test_all_words_must_be_there_in_any_order(viewer: User) -> None:
    store_lead("l1", name="Jane Doe", title="Website redesign")
    assert found_ids(viewer, "redes jane") == ["l1"]
    assert found_ids(viewer, "jane smith") == []
    assert found_ids(viewer, '"doe website"') == ["l1"]
    assert found_ids(viewer, '"jane website"') == []


def test_a_former_number_is_found_after_the_present_ones_and_marked(viewer: User) -> None:
    store_lead("l_old", mobile="+49 663 8758050", email="old@acme.example")
    store_lead("l_old", at="2025-02-15T10:30:00Z", mobile="+49 215 7254293", email="new@acme.example")
    store_lead("l_new", mobile="0663 8758050")
    assert list_hits(search(viewer, "+49 663 8758050")) == [
        ("l_new", "phone", "0663 8758050", False),
        ("l_old", "phone", "+496638758050", True),
    ]
    assert list_hits(search(viewer, "old@acme.example")) == [("l_old", "email", "old@acme.example", True)]


def test_a_value_of_an_older_event_that_arrives_late_is_a_former_one(viewer: User) -> None:
    store_lead("l1", mobile="+49 215 7254293")
    store_lead("l1", at="2024-01-15T10:30:00Z", mobile="+49 663 8758050")
    assert [hit[3] for hit in list_hits(search(viewer, "0663 8758050"))] == [True]


def test_deleted_records_are_found_after_live_ones_and_placeholders_by_their_id_alone(viewer: User) -> None:
    store_and_apply("client.created", {"id": "c_gone", "name": "Acme"})
    store_and_apply("client.deleted", {"id": "c_gone", "name": "Acme"}, at="2025-02-15T10:30:00Z")
    store_and_apply("client.created", {"id": "c_live", "name": "Acme"})
    store_and_apply("deal.created", {"id": "d1", "title": "Big", "clientId": "c_unknown"})
    assert found_ids(viewer, "acme") == ["c_live", "c_gone"]
    assert list_hits(search(viewer, "c_unknown")) == [("c_unknown", "id", "c_unknown", False)]


def test_more_than_fit_are_cut_with_a_note(viewer: User) -> None:
    for number in range(MAX_HITS + 2):
        store_lead(f"l{number}", name="Common Name")
    (group,) = search(viewer, "common").groups
    assert (len(group.hits), group.has_more) == (MAX_HITS, True)
    (group,) = search(viewer, "l3").groups
    assert not group.has_more


def test_only_kinds_that_the_viewer_may_view_are_searched() -> None:
    store_lead("l1", name="Jane")
    store_and_apply("deal.created", {"id": "d1", "title": "Jane's"})
    assert found_ids(create_staff_user("view_deal"), "jane") == ["d1"]


def test_a_search_takes_a_bounded_number_of_queries(viewer: User) -> None:
    for number in range(5):
        store_lead(f"l{number}", name="Jane", mobile=f"+49 663 875805{number}")
    viewer = User.objects.get(pk=viewer.pk)
    with CaptureQueriesContext(connection) as captured:
        assert len(found_ids(viewer, "jane")) == 5
    # The regions, a savepoint and its end, a setting, three tiers, the records of one kind, and the names.
    assert len(captured) == 9


@pytest.mark.parametrize(
    "text", ["", " ", "%", "\u202e", '"""', "'", "\\", "a'b\\", ":*", "& | !", "x" * 5_000]
)
def test_any_signs_are_answered(viewer: User, text: str) -> None:
    assert found_ids(viewer, text) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=STORABLE, external_id=STORABLE)
@example(text="it's \\ a:1A 'x'", external_id="'\\")
def test_postgresql_reads_the_keys_of_any_text_and_any_question(
    db: None, text: str, external_id: str
) -> None:
    kinds = {str(kind): kind for kind in KeyKind}
    document = format_document("lead", external_id, *collect_keys(kinds, dict.fromkeys(kinds, text)))
    query = ask_anything(read_question(external_id, ("AE",)), "lead")
    asked_for_its_id = external_id.split() == [external_id]
    assert fetch_value("SELECT %s::tsvector @@ %s::tsquery", document, query) or not asked_for_its_id


def test_every_hit_is_of_a_source_and_sub_account_that_the_viewer_sees() -> None:
    for scope in ("sa_1", "sa_2"):
        payload = {"subAccountId": scope, "contactId": "c1", "firstName": "Jane"}
        store_and_apply("contact.created", payload, vendor="seedly")
    source = Source.objects.get(vendor="seedly")
    limited = limit(create_member("Viewer"), source, "sa_2")
    (group,) = search(limited, "jane").groups
    assert [hit.record.scope for hit in group.hits] == ["sa_2"]
    assert found_ids(limited, "sa_2") == ["sa_2"]
    assert found_ids(limited, "sa_1") == []
    assert len(found_ids(create_member("Viewer"), "jane")) == 2


def test_more_hits_are_only_announced_if_the_viewer_sees_them() -> None:
    for number in range(MAX_HITS + 1):
        payload = {"subAccountId": f"sa_{number % 2}", "contactId": f"c{number}", "firstName": "Jane"}
        store_and_apply("contact.created", payload, vendor="seedly")
    limited = limit(create_member("Viewer"), Source.objects.get(vendor="seedly"), "sa_1")
    (group,) = search(limited, "jane").groups
    assert (len(group.hits), group.has_more) == (MAX_HITS // 2, False)
