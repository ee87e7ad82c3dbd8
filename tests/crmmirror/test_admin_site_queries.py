"""The queries of every page of the admin, as a superuser: at most as many as the table says."""

import re
from collections.abc import Collection

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from entities.models.introspection import model_name, record_models
from tests.support.admin_routes import ROUTES, find_pages
from tests.support.staff_client import log_in_staff
from tests.support.stored_company import store_company, store_one_of_everything

pytestmark = pytest.mark.django_db(transaction=True)

# A record has the same pages whatever its model.
RECORD = re.compile(rf"entities/({'|'.join(model_name(model) for model in record_models())})/")
TRANSACTION_WORDS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
# Route -> the largest number of its queries. A change that adds some must say why.
MAX_QUERIES = {
    # One of them, of this page and of the agenda, is for the user's own names, which limits do not hide.
    "": 23,
    "agenda/": 16,
    "auth/group/": 8,
    "auth/group/<path:object_id>/": 3,
    "auth/group/<path:object_id>/change/": 12,
    "auth/group/<path:object_id>/delete/": 11,
    "auth/group/<path:object_id>/history/": 7,
    "auth/group/add/": 8,
    "auth/user/": 10,
    "auth/user/<id>/password/": 7,
    "auth/user/<path:object_id>/": 3,
    # One of them looks for a second factor, for the button that removes it; two for whether he may.
    "auth/user/<path:object_id>/change/": 15,
    "auth/user/<path:object_id>/delete/": 17,
    "auth/user/<path:object_id>/history/": 7,
    "auth/user/add/": 10,
    "autocomplete/": 5,
    "board/": 19,
    "conversation/<slug:source>/<text:scope>/<text:ref>/": 9,
    "conversations/": 11,
    "entities/<record>/": 12,
    "entities/<record>/<path:object_id>/": 3,
    "entities/<record>/<path:object_id>/change/": 15,
    "entities/<record>/<path:object_id>/delete/": 6,
    "entities/<record>/<path:object_id>/history/": 7,
    "entities/<record>/<path:object_id>/timeline/": 8,
    "entities/<record>/<path:object_id>/value/": 6,
    "entities/<record>/add/": 5,
    "entities/<record>/export/": 5,
    "entities/apitoken/": 9,
    "entities/apitoken/<path:object_id>/": 3,
    "entities/apitoken/<path:object_id>/change/": 10,
    "entities/apitoken/<path:object_id>/delete/": 8,
    "entities/apitoken/<path:object_id>/history/": 7,
    "entities/apitoken/add/": 9,
    "entities/auditentry/": 8,
    "entities/auditentry/<path:object_id>/": 3,
    "entities/auditentry/<path:object_id>/change/": 4,
    "entities/auditentry/<path:object_id>/delete/": 6,
    "entities/auditentry/<path:object_id>/history/": 7,
    "entities/auditentry/add/": 5,
    "entities/name/": 7,
    "entities/name/<path:object_id>/": 3,
    "entities/name/<path:object_id>/change/": 4,
    "entities/name/<path:object_id>/delete/": 6,
    "entities/name/<path:object_id>/history/": 7,
    "entities/name/add/": 5,
    "entities/name/kind/<int:source_id>/<slug:kind>/": 12,
    "events/event/": 8,
    "events/event/<path:object_id>/": 3,
    "events/event/<path:object_id>/apply-again/": 3,
    "events/event/<path:object_id>/change/": 11,
    "events/event/<path:object_id>/delete/": 6,
    "events/event/<path:object_id>/history/": 7,
    "events/event/<path:object_id>/raw/": 6,
    "events/event/add/": 5,
    "events/event/applied-again/": 7,
    "events/event/apply-all-again/": 8,
    "events/event/drift/": 11,
    "events/event/failed/": 9,
    "events/refusal/": 9,
    "events/refusal/<path:object_id>/": 3,
    "events/refusal/<path:object_id>/change/": 4,
    "events/refusal/<path:object_id>/delete/": 6,
    "events/refusal/<path:object_id>/history/": 7,
    "events/refusal/add/": 5,
    "events/source/": 9,
    "events/source/<int:source_id>/load/": 7,
    "events/source/<int:source_id>/load/key/": 4,
    "events/source/<int:source_id>/load/pause/": 4,
    "events/source/<int:source_id>/load/remove-key/": 4,
    "events/source/<int:source_id>/load/resume/": 4,
    "events/source/<int:source_id>/load/start/": 4,
    "events/source/<int:source_id>/reconcile/": 7,
    "events/source/<int:source_id>/rotate/": 6,
    "events/source/<int:source_id>/trial/": 4,
    "events/source/<int:source_id>/trial-key/": 4,
    "events/source/<path:object_id>/": 3,
    "events/source/<path:object_id>/change/": 14,
    "events/source/<path:object_id>/delete/": 6,
    "events/source/<path:object_id>/history/": 7,
    "events/source/add/": 5,
    "jsi18n/": 3,
    "login/": 3,
    "login/code/": 3,
    "login/enrol/": 3,
    "overdue/": 13,
    "password_change/": 5,
    "password_change/done/": 5,
    # Once more for whatever the person's records lead to, such as one that was merged with them.
    "person/<str:record_type>/<int:record_id>/": 60,
    "search/": 10,
    "second-factor/": 7,
    "second-factor/<int:user_id>/remove/": 8,
    "time-zone/": 5,
    "views/": 7,
    "views/save/": 3,
}


def count_queries(client: Client, address: str) -> int:
    """Count the queries of a page."""
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return sum(not query["sql"].startswith(TRANSACTION_WORDS) for query in queries)


def test_a_page_of_each_kind_takes_no_more_queries_than_the_table_says() -> None:
    count_pages({name_route(route): route for route in ROUTES}.values())


@pytest.mark.prove
def test_no_page_takes_more_queries_than_the_table_says() -> None:
    count_pages(ROUTES)


def count_pages(routes: Collection[str]) -> None:
    """Count the queries of the pages of these routes; compare them with the table."""
    client = log_in_staff()
    store_company(300, timezone.now())
    store_one_of_everything(client)
    too_many = {}
    for route, address in find_pages(client.get, list(routes)).items():
        allowed = MAX_QUERIES.get(name_route(route), 0)
        # A page that the process shows for the first time may fill a cache: only the second count counts.
        if count_queries(client, address) > allowed and (count := count_queries(client, address)) > allowed:
            too_many[address] = (count, allowed)
    assert not too_many, "address: (queries, allowed by MAX_QUERIES)"


def name_route(route: str) -> str:
    return RECORD.sub("entities/<record>/", route)
