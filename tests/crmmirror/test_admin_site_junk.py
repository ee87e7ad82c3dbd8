"""Junk in the addresses of the admin's pages and in its forms is never an error of the server."""

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group, User
from django.db import models
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from entities.models import Record
from events.models import Event, Refusal, Source
from tests.crmmirror.test_admin_site import LIST_PARAMETERS, MODELS, MUCH_JUNK, UNDECLARED, filter_parameters
from tests.support.admin_routes import PARAMETER, ROUTES, SOME_ROUTES
from tests.support.api_client import create_event, create_record
from tests.support.staff_client import ensure_source, list_url, log_in_staff, page_url

pytestmark = pytest.mark.django_db

SOME_SEGMENTS = ("%00", "9" * 5000, "%ED%A0%80", "_5F_00")
MUCH_SEGMENTS = (*SOME_SEGMENTS, *(junk for junk in MUCH_JUNK if junk), "..", "__all__", "1,2", "%0A", "0x10")
SOME_TEXTS: tuple[str | list[str], ...] = ("\0", "1" + "0" * 400)
MUCH_TEXTS = (
    *SOME_TEXTS,
    *("nan", "-inf", "1e400", "²", "-1", "9" * 19, "a\0b", "", "(", "a" * 10_000, "null", "\u202e"),
    *(["", "1"], ["\0", "("]),
)
PASSWORDS = {"password1": "a-long-Passw0rd", "password2": "a-long-Passw0rd", "usable_password": "true"}
SOURCE_FIELDS = ("slug", "active", "scheme", "header", "prefix", "encoding")
LIMIT_FIELDS = (
    *("max_body_bytes", "rate_limit", "rate_period", "allowed_networks"),
    *("default_region", "assumed_currency", "record_addresses", "keep_days"),
)
HOLDER_FIELDS = ("sources", "sub_accounts")
USER_FIELDS = (
    *("username", "first_name", "last_name", "email", "groups", "is_active", "persons", "time_zone"),
    *HOLDER_FIELDS,
)
POPUP_FIELDS = {"_popup": "1", "_to_field": "id", "_continue": "", "_source_model": ""}


@pytest.fixture
def rows() -> Event:
    """Store a row of each model, so that no list is empty."""
    event = create_event(source=ensure_source())
    Refusal.objects.create(source=event.source, reason="size", refused_at=event.received_at)
    Group.objects.create(name="analysts")
    for model in MODELS:
        if issubclass(model, Record):
            create_record(model)
    return event


@pytest.fixture
def client() -> Client:
    client = log_in_staff()
    client.raise_request_exception = False
    return client


def assert_no_page_fails(client: Client, routes: list[str], segments: tuple[str, ...]) -> None:
    addresses = {junk.join(PARAMETER.split(route)) for route in routes for junk in segments}
    requests = [(ask, address) for address in sorted(addresses) for ask in (client.get, client.post)]
    failed = [address for ask, address in requests if ask(f"/admin/{address}").status_code >= 500]
    assert failed == []


def test_junk_in_place_of_an_id_is_never_an_error_of_the_server(client: Client, rows: Event) -> None:
    assert_no_page_fails(client, SOME_ROUTES, SOME_SEGMENTS)


@pytest.mark.prove
def test_no_junk_in_place_of_an_id_is_an_error_of_the_server(client: Client, rows: Event) -> None:
    assert_no_page_fails(client, ROUTES, MUCH_SEGMENTS)


def make_forms(event: Event) -> dict[str, dict[str, str]]:
    """Return the forms of the admin: their addresses, and their fields with values that may be stored."""
    source = event.source
    user, group = User.objects.create_user("bob"), Group.objects.get(name="analysts")
    source_page, user_page, group_page = page_url(source), page_url(user), page_url(group)
    action = {"index": "0", "select_across": "1", "post": "yes"}
    limits = dict.fromkeys((*SOURCE_FIELDS, *LIMIT_FIELDS), "")
    return {
        "/admin/events/source/add/": {"slug": "new", "vendor": "heffl", "encoding": "hex", "secret": ""},
        source_page: limits
        | {"slug": "acme", "scheme": source.scheme, "encoding": "hex", "max_body_bytes": "5", "active": "on"}
        | {"rate_period": "second"},
        source_page.replace("change", "rotate"): {"secret": "", "overlap": "1"},
        source_page.replace("change", "secrets/1/end"): {"secret": ""},
        source_page.replace("change", "trial"): {"at": ""},
        page_url(event).replace("change", "apply-again"): {"at": ""},
        "/admin/events/event/apply-all-again/": {"at": ""},
        list_url(Event): action | {"action": "apply_selected_again", "_selected_action": str(event.pk)},
        list_url(Source): action | {"action": "delete_selected", "_selected_action": str(source.pk)},
        list_url(User): action | {"action": "delete_selected", "_selected_action": str(user.pk)},
        list_url(Group): action | {"action": "delete_selected", "_selected_action": str(group.pk)},
        "/admin/auth/user/add/": {"username": "new", **PASSWORDS, **POPUP_FIELDS},
        user_page: dict.fromkeys(USER_FIELDS, "") | {"username": "bob"} | POPUP_FIELDS,
        user_page.replace("change", "password"): PASSWORDS,
        user_page.replace("change", "delete"): {"post": "yes", **POPUP_FIELDS},
        "/admin/auth/group/add/": {"name": "new", "permissions": "1", **POPUP_FIELDS},
        group_page: {"name": "new", "permissions": "1", **dict.fromkeys(HOLDER_FIELDS, ""), **POPUP_FIELDS},
        "/admin/entities/apitoken/add/": {"user": str(user.pk), "name": "new", "expires_at_0": "2030-01-01"}
        | dict.fromkeys(("expires_at_1", *HOLDER_FIELDS), ""),
        "/admin/time-zone/": {"time_zone": "Asia/Dubai", "next": "/admin/"},
        "/admin/password_change/": {"old_password": "a", "new_password1": "b", "new_password2": "c"},
        "/admin/login/": {"username": "bob", "password": "b", "next": "/admin/"},
    }


def assert_no_form_fails(client: Client, event: Event, values: tuple[str | list[str], ...]) -> None:
    failed = [
        (address, name, value[:20])
        for address, fields in make_forms(event).items()
        for name in fields
        for value in values
        if client.post(address, {**fields, name: value}).status_code >= 500
    ]
    assert failed == []


def test_junk_in_a_form_is_never_an_error_of_the_server(client: Client, rows: Event) -> None:
    assert_no_form_fails(client, rows, SOME_TEXTS)


@pytest.mark.prove
def test_no_junk_in_a_form_is_an_error_of_the_server(client: Client, rows: Event) -> None:
    assert_no_form_fails(client, rows, MUCH_TEXTS)


def parameter_names(model: type[models.Model]) -> st.SearchStrategy[str]:
    names = (*LIST_PARAMETERS, *filter_parameters(site._registry[model]))
    undeclared = [parameter.partition("=")[0] for parameter in UNDECLARED]
    lookups = st.sampled_from(("", "__exact", "__in", "__isnull", "__year", "__regex", "__range"))
    return st.builds(str.__add__, st.sampled_from(names), lookups) | st.sampled_from(undeclared) | st.text()


# A query that fails fails again, so that shrinking it is quick; explaining it is not.
PHASES = (Phase.explicit, Phase.generate, Phase.shrink)
# Parts of what lists of records take, of which one may meet another that it does not fit.
FITTING = (
    *(
        "-created_at",
        "due_at",
        "-occurred_at",
        "value,source",
        "client_or_contact",
        "100",
        "after-1",
        "before-2",
    ),
    *("2025-01-15", "open", "yes", "week", "all", "30", "stage 1", "sms"),
)
TEXTS = (
    st.sampled_from(FITTING)
    | st.text()
    | st.integers().map(str)
    | st.floats().map(str)
    | st.sampled_from(["1", "(", "\0", "a" * 9000])
)
QUERIES = st.sampled_from(MODELS).flatmap(
    lambda model: st.tuples(
        st.just(model), st.dictionaries(parameter_names(model), st.lists(TEXTS, max_size=3), max_size=3)
    )
)


def assert_list_answers(client: Client, model: type[models.Model], query: dict[str, list[str]]) -> None:
    assert client.get(list_url(model), query).status_code in (200, 302, 400)


@settings(max_examples=60, phases=PHASES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=QUERIES)
def test_a_made_up_query_of_a_list_is_never_an_error_of_the_server(
    client: Client, rows: Event, asked: tuple[type[models.Model], dict[str, list[str]]]
) -> None:
    assert_list_answers(client, *asked)


@pytest.mark.prove
@settings(max_examples=3000, phases=PHASES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=QUERIES)
def test_no_made_up_query_of_a_list_is_an_error_of_the_server(
    client: Client, rows: Event, asked: tuple[type[models.Model], dict[str, list[str]]]
) -> None:
    assert_list_answers(client, *asked)
