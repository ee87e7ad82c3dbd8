"""No list of the admin tells a hidden column: not by a lookup, not by its order, not by its search."""

import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.http import QueryDict
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from crmmirror.lib.admin_kit.request_check import UnusableRequest
from entities.models import Deal
from events.models import Source, SourceSecret
from tests.support.api_client import create_record
from tests.support.column_paths import (
    HIDDEN_COLUMNS,
    OPEN_COLUMNS,
    SECRET_NAME,
    find_hidden_columns,
    walk_columns,
)
from tests.support.staff_client import ensure_source, list_url, log_in_staff, page_url

pytestmark = pytest.mark.django_db

BANNER = re.compile(r'<p class="banner error">.*</p>')
MODELS = sorted(site._registry, key=lambda model: model._meta.label)


def get_name(model: type[Model]) -> str:
    return model._meta.label_lower


def accepted_parameters(model: type[Model], depth: int) -> set[str]:
    """Return those lookups of the columns within `depth` relations that the model's list takes."""
    admin = site._registry[model]
    request = RequestFactory().get(list_url(model))
    request.user = User(is_superuser=True, is_staff=True, is_active=True)
    accepted = set()
    for path in walk_columns(model, depth):
        for parameter in path.parameters():
            request.GET = QueryDict(f"{parameter}=1")
            try:
                admin.get_changelist_instance(request)
            except UnusableRequest as error:
                if f"no filter '{parameter[:20]}" in str(error):
                    continue
            accepted.add(parameter)
    return accepted


def declared_parameters(model: type[Model]) -> set[str]:
    """Return the parameters of the filters that the list shows."""
    admin: Any = site._registry[model]
    request = RequestFactory().get("/")
    return set(admin._declared_parameters(request))


def hidden_parameters(model: type[Model]) -> set[str]:
    paths = (path for path in walk_columns(model, 2) if path.is_hidden)
    return {parameter for path in paths for parameter in path.parameters()}


def test_a_column_that_sounds_like_a_secret_is_hidden_or_known_to_be_none() -> None:
    columns = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if SECRET_NAME.search(field.name)
    }
    hidden = {f"{label}.{name}" for label, names in HIDDEN_COLUMNS.items() for name in names}
    assert columns - hidden == set(OPEN_COLUMNS)


@pytest.mark.parametrize("model", MODELS, ids=get_name)
def test_a_list_takes_no_lookup_but_those_of_the_filters_that_it_shows(model: type[Model]) -> None:
    ensure_source()
    assert accepted_parameters(model, depth=0) <= declared_parameters(model)
    assert not declared_parameters(model) & hidden_parameters(model)


@pytest.mark.prove
@pytest.mark.parametrize("model", MODELS, ids=get_name)
def test_a_list_takes_no_lookup_through_two_relations(model: type[Model]) -> None:
    ensure_source()
    assert accepted_parameters(model, depth=2) <= declared_parameters(model)


@pytest.mark.parametrize(
    ("address", "parameter"),
    [
        ("/admin/events/source/", "uuid__startswith"),
        ("/admin/events/source/", "secrets__ciphertext__contains"),
        ("/admin/events/event/", "source__uuid__startswith"),
        ("/admin/events/refusal/", "source__uuid__gt"),
        ("/admin/entities/deal/", "source__uuid__startswith"),
        ("/admin/entities/deal/", "source__secrets__ciphertext__startswith"),
        ("/admin/entities/deal/", "registers__has_key"),
        ("/admin/auth/user/", "password__startswith"),
        ("/admin/auth/user/", "api_tokens__digest__startswith"),
        ("/admin/auth/group/", "user__password__startswith"),
    ],
)
def test_a_lookup_of_a_hidden_column_gets_the_same_answer_whatever_the_value(
    address: str, parameter: str
) -> None:
    """Those who may only view everything ask for beginnings of a uuid."""
    ensure_source()
    client = log_in_staff("view_source", "view_event", "view_refusal", "view_deal", "view_user", "view_group")
    with CaptureQueriesContext(connection) as queries:
        answers = [client.get(address, {parameter: digit}) for digit in "07af"]
    assert {answer.status_code for answer in answers} == {400}
    (banner,) = {BANNER.search(answer.content.decode())[0] for answer in answers}  # type: ignore[index]
    assert f"This list has no filter &#x27;{parameter}&#x27;" in banner
    assert find_hidden_columns(queries) == set()


@pytest.mark.parametrize("model", MODELS, ids=get_name)
def test_no_order_or_search_of_a_list_goes_by_a_hidden_column(model: type[Model]) -> None:
    source = ensure_source()
    hidden_values = (str(source.uuid), source.uuid.hex[:8], bytes(source.secrets.get().ciphertext).decode())
    client = log_in_staff()
    columns = len(site._registry[model].list_display)
    # The sign does not matter to which column it is.
    orders = [f"{'-' * (number % 2)}{number}" for number in range(columns + 3)]
    searches = (*hidden_values, "pbkdf2_sha256", "acme 1", '"a b"', "+971501234567")
    with CaptureQueriesContext(connection) as queries:
        for order in (*orders, ".".join(orders), "uuid", "registers", "password"):
            # The page of names is no list, and takes no parameter.
            assert client.get(list_url(model), {"o": order}).status_code in (200, 400)
        # A search goes by all columns that it can, whatever its words: each list is asked for some of these.
        for value in searches[MODELS.index(model) % 2 :: 2]:
            assert client.get(list_url(model), {"q": value}).status_code in (200, 302, 400)
    assert find_hidden_columns(queries) == set()


@pytest.mark.parametrize("column", ["uuid", "secrets", "slug", "password"])
def test_no_page_is_referred_to_by_a_hidden_column(column: str) -> None:
    source = ensure_source()
    client = log_in_staff("view_source", "view_user")
    for value in (source.uuid, source.slug):
        for address in ("/admin/events/source/", f"/admin/events/source/{value}/change/"):
            assert client.get(address, {"_to_field": column, "_popup": "1"}).status_code == 400


def test_who_may_only_view_sees_no_hidden_value_on_any_page() -> None:
    """The address of a source is shown to those who may change it; nobody is shown a secret again."""
    source = ensure_source()
    deal = create_record(Deal, source=source, registers={"hidden-register": 1})
    client = log_in_staff("view_source", "view_event", "view_refusal", "view_deal")
    addresses = [list_url(Source), page_url(source), list_url(Deal), page_url(deal), "/admin/"]
    addresses += [f"{page_url(source)[: -len('change/')]}history/"]
    ciphertext = bytes(SourceSecret.objects.get(source=source).ciphertext).decode()
    for address in addresses:
        page = client.get(address).content.decode()
        for value in (str(source.uuid), source.uuid.hex, ciphertext, "hidden-register"):
            assert value not in page, address
