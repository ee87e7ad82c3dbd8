"""The admin site as a whole: what its lists answer to junk in their addresses."""

from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.test import Client

from crmmirror.lib.admin_kit.strict_list import StrictListAdmin
from entities.models import Record
from events.models import Refusal
from tests.support.api_client import create_event, create_record
from tests.support.staff_client import get_page, list_url, log_in_staff

pytestmark = pytest.mark.django_db

MODELS = sorted(site._registry, key=lambda model: model._meta.label)
# Percent-encoded: %00 is NUL, %ED%A0%80 a lone surrogate, %FF no UTF-8 at all.
SOME_JUNK = ("%00", "9" * 8192, "(")
MUCH_JUNK = (
    *SOME_JUNK,
    "",
    "a%00b",
    "%ED%A0%80",
    "%FF",
    "%E2%80%AE",
    "-1",
    "0",
    "1.5",
    "99999999999999",
    "9" * 30,
    "a" * 8192,
    "a+" * 2000,
    "1.-2.x.999",
    "%C2%B2",
    "%5C",
    "%25_%27%22",
    "null",
    "[]",
    "%7B%22a%22%3A1%7D",
    "2026-99-99",
    "1" + "0" * 400,
    "1e999999",
    "nan",
    "2147483648",
    "999999999-01-01",
    "[",
    "*",
    "1_0",
    "%D9%A3",
    "%0D%0A",
    "secrets",
    "logentry",
    "after-1",
    "before-99999999999999999999",
    "value,value",
    "-created_at",
    "2025-02-29",
    "9999-12-31",
    "%2B1",
    "1%2C5",
)
# The quick test asks for one query in so many, in place of all of them, which take a minute.
QUICK_STEP = 4
LIST_PARAMETERS = (
    "columns",
    "per_page",
    "q",
    "p",
    "o",
    "e",
    "all",
    "_popup",
    "_to_field",
    "_facets",
    "_changelist_filters",
    "_source_model",
)
UNDECLARED = (
    "title__regex=(",
    "created_at__year=999999999",
    "external_id=%00",
    "tags__overlap=a",
    "extra__has_key=%00",
    "extra__a__b=1",
    "value__range=1",
    "uuid__startswith=a",
    "uuid=x",
    "id__in=a,b",
    "pk=99999999999999999999999",
    "password__startswith=a",
    "source__secrets__ciphertext__startswith=a",
    "body__contains=a",
    "warnings__0__contains=a",
    "is_deleted=maybe",
    "is_deleted__isnull=maybe",
    "client__title__regex=(",
    "user_permissions__codename__regex=(",
    "nonsense=1",
    "__=1",
    "%00=1",
    "=1",
)


def get_name(model: type[Model]) -> str:
    return model._meta.label_lower


def filter_parameters(admin: Any) -> Iterator[str]:
    """Yield the parameters of the list's filters, those of Django's own filters too."""
    for declared in getattr(admin, "filters", admin.list_filter):
        if isinstance(path := declared[0] if isinstance(declared, tuple) else declared, str):
            yield from (f"{path}__exact", f"{path}__id__exact", f"{path}__isnull")
        else:
            yield from getattr(declared, "parameter_names", ()) or [str(declared.parameter_name)]


def junk_queries(admin: Any, junk: tuple[str, ...]) -> Iterator[str]:
    parameters = (*LIST_PARAMETERS, *filter_parameters(admin))
    for name in parameters:
        yield from (f"{name}={value}" for value in junk)
        yield f"{name}=1&{name}=%00&{name}=2"
        yield f"{name}__regex=("
    yield from UNDECLARED
    yield "&".join(f"{name}=x&{name}=y" for name in parameters)
    yield "o=" + "1." * 4000
    yield "o=999"
    yield "p=-1"
    yield "q=" + "a+" * 2000
    yield "e=1&nonsense=1"
    yield "&".join(f"x{number}=1" for number in range(1100))


@pytest.fixture
def rows() -> None:
    """Store a row of each model, so that no list is empty."""
    event = create_event()
    Refusal.objects.create(
        source=event.source, reason="size", detail="Too large.", refused_at=event.received_at
    )
    Group.objects.create(name="analysts")
    for model in MODELS:
        if issubclass(model, Record):
            create_record(model)


def test_every_list_takes_only_the_filters_that_it_declares() -> None:
    assert [
        get_name(model) for model in MODELS if not isinstance(site._registry[model], StrictListAdmin)
    ] == []


def assert_no_server_error(model: type[Model], queries: Iterable[str]) -> None:
    client = log_in_staff()
    client.raise_request_exception = False
    failed = [query[:80] for query in queries if client.get(f"{list_url(model)}?{query}").status_code >= 500]
    assert failed == []


@pytest.mark.parametrize("model", MODELS, ids=get_name)
def test_junk_in_the_address_of_a_list_is_never_an_error_of_the_server(
    model: type[Model], rows: None
) -> None:
    """Ask each list for each fourth query, beginning at another one than the list before.

    Each parameter has five queries, so that each is asked with one at least, and the next one with another.
    """
    queries = list(junk_queries(site._registry[model], SOME_JUNK))
    assert_no_server_error(model, queries[MODELS.index(model) % QUICK_STEP :: QUICK_STEP])


@pytest.mark.prove
@pytest.mark.parametrize("model", MODELS, ids=get_name)
def test_no_junk_in_the_address_of_a_list_is_an_error_of_the_server(model: type[Model], rows: None) -> None:
    assert_no_server_error(model, junk_queries(site._registry[model], MUCH_JUNK))


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("/admin/events/event/?source=%00", "The parameter 'source' contains a character"),
        ("/admin/events/refusal/?reason=%00", "The parameter 'reason' contains a character"),
        ("/admin/events/event/drift/?days=%00", "The parameter 'days' contains a character"),
        ("/admin/?x=%00", "The parameter 'x' contains a character"),
        (
            "/admin/entities/deal/?title__regex=(",
            "This list has no filter 'title__regex'; it has: status, priority",
        ),
        ("/admin/auth/user/?_to_field=password", "The field password cannot be referenced"),
        ("/admin/events/source/?_to_field=secrets", "The field secrets cannot be referenced"),
        ("/admin/events/source/?slug=x", "This list has no filter 'slug'; it has none. "),
        (
            "/admin/events/event/?status=nonsense",
            "The filter 'status' has no choice 'nonsense'; it has: pending, ",
        ),
        ("/admin/events/event/?nonsense=", "This list has no filter 'nonsense'; it has: status, "),
        ("/admin/events/event/?status=failed&status=x", "The parameter 'status' is given 2 times"),
        ("/admin/events/event/?p=x", "This list has no page 'x'"),
        ("/admin/events/event/?received_at=1", "The filter 'received_at' has no choice '1'; it has: hour, "),
        (
            "/admin/events/refusal/?source=nobody",
            "The filter 'source' has no choice 'nobody'; it has: unknown",
        ),
        ("/admin/entities/deal/?state=gone", "The filter 'state' has no choice 'gone'; it has: live, "),
        ("/admin/entities/deal/?client=acme", "The filter 'client' takes a record's number, not 'acme'"),
        ("/admin/auth/user/?is_staff__exact=maybe", "A filter cannot use its value: “maybe” value must be "),
        (
            "/admin/auth/user/?groups__id__exact=x",
            "The filter 'groups__id__exact' has no choices now",
        ),
        ("/admin/events/event/apply-all-again/?status=nonsense", "The filter 'status' has no choice"),
        ("/admin/events/event/apply-all-again/?state=failed", "This list has no filter 'state'"),
    ],
)
def test_an_address_that_cannot_be_used_is_answered_with_the_reason(address: str, reason: str) -> None:
    Group.objects.all().delete()
    answer = log_in_staff().get(address)
    page = unescape(answer.content.decode())
    assert answer.status_code == 400
    assert reason in page
    assert f'<a href="{address.partition("?")[0]}">' in page


def test_a_page_that_a_list_does_not_have_is_answered_with_the_reason(rows: None) -> None:
    refusal = Refusal.objects.get()
    Refusal.objects.bulk_create(
        Refusal(source=refusal.source, reason="size", refused_at=refusal.refused_at) for _ in range(50)
    )
    client = log_in_staff()
    assert client.get("/admin/events/refusal/?p=2").status_code == 200
    answer = client.get("/admin/events/refusal/?p=99")
    assert answer.status_code == 400
    assert "This list has no page &#x27;99&#x27;" in answer.content.decode()


def test_a_filter_by_what_is_no_number_is_answered_with_the_reason() -> None:
    for name in ("analysts", "sales"):
        Group.objects.create(name=name)
    answer = log_in_staff().get("/admin/auth/user/?groups__id__exact=analysts")
    assert answer.status_code == 400
    assert "A filter cannot use its value: Field &#x27;id&#x27; expected a number" in answer.content.decode()


@pytest.mark.parametrize("address", ["/admin/events/event/", "/admin/auth/user/", "/admin/auth/group/"])
@pytest.mark.parametrize("selected", ["abc", "\0", "-1", "9" * 30, "²"])
def test_a_selection_that_is_none_is_refused(address: str, selected: str, rows: None) -> None:
    action = "apply_selected_again" if "event" in address else "delete_selected"
    answer = log_in_staff().post(address, {"action": action, "_selected_action": selected, "index": "0"})
    assert answer.status_code == 400
    assert "The selection contains" in answer.content.decode()


@pytest.mark.parametrize("junk", ["%00", "9" * 5000, "%FF", "(", "%ED%A0%80"])
def test_junk_in_the_address_of_a_page_is_never_an_error_of_the_server(junk: str, rows: None) -> None:
    client = log_in_staff()
    client.raise_request_exception = False
    addresses = [
        f"/admin/{page}/{junk}/{view}/"
        for page in ("entities/deal", "events/event", "events/source", "auth/user")
        for view in ("change", "history", "delete", "timeline", "raw", "rotate", "password")
    ]
    addresses += [
        f"/admin/r/{junk}/{junk}/",
        f"/admin/autocomplete/?app_label={junk}&model_name={junk}&field_name={junk}",
        f"/admin/login/?next={junk}",
        f"/admin/events/event/drift/?days={junk}&vendor={junk}",
        f"/admin/events/event/apply-all-again/?reason={junk}&p={junk}",
        f"/admin/auth/user/add/?username={junk}&groups={junk}&date_joined={junk}",
    ]
    assert [address for address in addresses if client.get(address).status_code >= 500] == []


def test_the_filters_of_users_work() -> None:
    client = log_in_staff()
    group = Group.objects.create(name="analysts")
    ann = User.objects.create_user("ann")
    ann.groups.add(group)
    for query in ({"is_staff__exact": "0"}, {"groups__id__exact": group.pk}, {"q": "ann"}):
        page = get_page(client, list_url(User), **query)
        assert "ann" in page
        assert "1 user" in page


def test_only_staff_learn_what_is_wrong_with_an_address() -> None:
    answer = Client().get("/admin/events/event/?source=%00")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")
