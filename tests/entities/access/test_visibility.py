"""What users, groups and tokens see: how limits add up, and how they narrow a query."""

import itertools

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from entities.access.visibility import EVERYTHING, NOTHING, Visibility, add_up, visibility_of, visible_to
from entities.models import AccessLimit, ApiToken, Deal, Record, SubAccount, TimelineEntry
from entities.models.introspection import record_models
from events.models import Event, Refusal, Source
from tests.support.access_limits import create_member, limit
from tests.support.api_client import create_event, create_record, ensure_source

SOURCES = (1, 2, 3)
SCOPES = ("a", "b")
LIMITS = st.builds(
    AccessLimit,
    user_id=st.sampled_from([None, 1]),
    group_id=st.sampled_from([1, 2]),
    source_id=st.sampled_from(SOURCES),
    scope=st.sampled_from(["", *SCOPES]),
)
VISIBILITIES = st.lists(LIMITS, max_size=5).map(add_up)
PLACES = list(itertools.product(SOURCES, [None, "", *SCOPES]))


def shown(visibility: Visibility) -> set[tuple[int, str | None]]:
    return {place for place in PLACES if visibility.shows(*place)}


@pytest.mark.unit
@given(VISIBILITIES, VISIBILITIES)
def test_two_views_together_show_what_each_of_them_shows(one: Visibility, other: Visibility) -> None:
    assert shown(one.intersect(other)) == shown(one) & shown(other)
    assert one.intersect(other) == other.intersect(one)


@pytest.mark.unit
@given(VISIBILITIES, VISIBILITIES)
def test_a_view_includes_another_if_it_shows_whatever_the_other_one_shows(
    one: Visibility, other: Visibility
) -> None:
    assert one.includes(one.intersect(other))
    assert not one.includes(other) or shown(other) <= shown(one)


@pytest.mark.unit
@given(st.lists(LIMITS, min_size=1, max_size=5), st.lists(LIMITS, min_size=1, max_size=5))
def test_the_limits_of_several_holders_add_up(one: list[AccessLimit], other: list[AccessLimit]) -> None:
    for number, named in enumerate([*one, *other]):
        named.group_id = number
    assert shown(add_up([*one, *other])) == shown(add_up(one)) | shown(add_up(other))


@pytest.mark.unit
def test_where_one_holder_names_sub_accounts_of_a_source_only_these_are_seen() -> None:
    named = [AccessLimit(user_id=1, source_id=1, scope=scope) for scope in ("", "a")]
    assert shown(add_up(named)) == {(1, "a")}


@pytest.mark.unit
def test_whoever_has_no_limit_sees_everything() -> None:
    assert add_up([]) is EVERYTHING
    assert shown(EVERYTHING) == set(PLACES)


@pytest.fixture
def east() -> Source:
    return ensure_source("east")


@pytest.fixture
def west() -> Source:
    return ensure_source("west")


def make_rows(model: type[Record], *sources: Source) -> None:
    """Create a record in two sub-accounts of each source, and one in none."""
    for source in sources:
        for scope in ("", *SCOPES):
            key = {model.scope_column: scope} if scope else {"external_id": "of no sub-account"}
            create_record(model, source=source, **key)


def places(viewer: User | ApiToken, model: type[Record] = Deal) -> set[tuple[str, str]]:
    rows = visible_to(viewer, model._default_manager.all())
    return set(rows.values_list("source__slug", model.scope_column))


@pytest.mark.django_db
def test_a_user_without_a_limit_and_a_superuser_with_one_see_everything(east: Source, west: Source) -> None:
    make_rows(Deal, east, west)
    superuser = limit(User.objects.create_superuser("root"), east)
    assert len(places(create_member("Viewer"))) == len(places(superuser)) == 6


@pytest.mark.django_db
@pytest.mark.parametrize("model", record_models(), ids=lambda model: model.__name__)
def test_a_user_of_one_sub_account_sees_only_its_records(
    model: type[Record], east: Source, west: Source
) -> None:
    make_rows(model, east, west)
    assert places(limit(create_member(), east, "a"), model) == {("east", "a")}


@pytest.mark.django_db
def test_a_source_named_alone_is_seen_whole_and_others_not_at_all(east: Source, west: Source) -> None:
    make_rows(Deal, east, west)
    assert places(limit(create_member(), east)) == {("east", ""), ("east", "a"), ("east", "b")}


@pytest.mark.django_db
def test_the_limits_of_a_user_and_of_his_groups_add_up(east: Source, west: Source) -> None:
    make_rows(Deal, east, west)
    group = limit(Group.objects.create(name="West"), west, "b")
    user = limit(create_member("Viewer"), east, "a")
    user.groups.add(group)
    assert places(user) == {("east", "a"), ("west", "b")}
    assert places(create_member("West")) == {("west", "b")}


@pytest.mark.django_db
def test_a_token_has_its_users_view_or_less(east: Source, west: Source) -> None:
    make_rows(Deal, east, west)
    user = limit(create_member(), east, "a", "b")
    token = ApiToken.issue(user, "report")[0]
    assert places(token) == {("east", "a"), ("east", "b")}
    assert places(limit(token, east, "a")) == {("east", "a")}


@pytest.mark.django_db
def test_a_token_shows_nothing_that_its_user_does_not_see(east: Source, west: Source) -> None:
    make_rows(Deal, east, west)
    token = ApiToken.issue(limit(create_member(), east), "report")[0]
    assert places(limit(token, west, "a")) == set()


@pytest.mark.django_db
def test_the_token_of_a_superuser_can_be_limited(east: Source, west: Source) -> None:
    make_rows(Deal, east, west)
    token = ApiToken.issue(User.objects.create_superuser("root"), "report")[0]
    assert len(places(token)) == 6
    assert places(limit(token, west, "a")) == {("west", "a")}


@pytest.mark.django_db
def test_nobody_who_is_not_logged_in_or_is_inactive_sees_anything(east: Source) -> None:
    create_record(Deal, source=east)
    inactive = User.objects.create_user("gone", is_active=False, is_superuser=True)
    assert visibility_of(AnonymousUser()) == visibility_of(inactive) == NOTHING
    assert not visible_to(AnonymousUser(), Deal.objects.all()).exists()


@pytest.mark.django_db
def test_sources_are_those_of_which_something_is_seen(east: Source, west: Source) -> None:
    ensure_source("north")
    user = limit(limit(create_member(), east, "a"), west)
    assert set(visible_to(user, Source.objects.all())) == {east, west}


@pytest.mark.django_db
def test_what_is_about_a_source_as_a_whole_is_seen_by_those_who_see_all_of_it(
    east: Source, west: Source
) -> None:
    moment = create_event(source=west).received_at
    for source in (east, west, None):
        Refusal.objects.create(source=source, reason="size", detail="", refused_at=moment)
    user = limit(limit(create_member(), east, "a"), west)
    assert [refusal.source for refusal in visible_to(user, Refusal.objects.all())] == [west]


@pytest.mark.django_db
def test_the_events_of_a_source_are_seen_by_those_who_see_all_of_it(east: Source, west: Source) -> None:
    create_event(source=east)
    event = create_event(source=west)
    user = limit(limit(create_member(), east, "a"), west)
    assert list(visible_to(user, Event.objects.all())) == [event]


@pytest.mark.django_db
def test_the_events_of_a_sub_account_are_seen_by_those_who_see_it(east: Source) -> None:
    event = create_event(source=east, scope="a")
    for scope in ("b", "", None):
        create_event(source=east, scope=scope)
    assert list(visible_to(limit(create_member(), east, "a"), Event.objects.all())) == [event]


@pytest.mark.django_db
def test_rows_that_have_no_source_cannot_be_narrowed(east: Source) -> None:
    with pytest.raises(TypeError, match="TimelineEntry has no source"):
        visible_to(limit(create_member(), east), TimelineEntry.objects.all())


@pytest.mark.django_db
def test_what_somebody_sees_is_read_in_one_query_and_for_a_superuser_in_none(east: Source) -> None:
    member = limit(create_member("Viewer"), east, "a")
    token = ApiToken.issue(member, "report")[0]
    for viewer, count in ((member, 1), (token, 1), (User.objects.create_superuser("root"), 0)):
        with CaptureQueriesContext(connection) as queries:
            visibility_of(viewer)
            visibility_of(viewer)
        assert len(queries) == count


@pytest.mark.django_db
def test_a_limit_survives_a_rebuild_that_makes_its_sub_account_anew(east: Source) -> None:
    make_rows(SubAccount, east)
    user = limit(create_member(), east, "a")
    SubAccount.objects.all().delete()
    make_rows(SubAccount, east)
    assert places(user, SubAccount) == {("east", "a")}


@pytest.mark.django_db
def test_a_limit_has_exactly_one_holder(east: Source) -> None:
    with pytest.raises(IntegrityError, match="access_limit_holder"):
        AccessLimit.objects.create(source=east)
