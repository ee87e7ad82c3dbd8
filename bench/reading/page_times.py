"""Measures the times and the numbers of queries of the admin's pages, on a mirror that is filled."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from bench.reading.visits import Page, measure_pages
from bench.report import Table

OVERVIEWS = ("board", "agenda", "overdue")
SEARCHES = ("jane", "jane smith", '"jane smith"', "+971 50", "inv-4", "@example.com", "zzzzzz")
# What is asked of an input without choices, by its kind.
ASKED_VALUES = {"date": "2026-06-01", "text": "1000", "search": "jane", "number": "1000"}


def measure() -> Table:
    """Visit each page as a superuser, who sees everything."""
    with find_contexts():
        client = log_in()
        return measure_pages(
            "Pages of the admin",
            "Each address of a page, the lists with every offered filter and every order; the slowest of them"
            " counts, and the one with the most queries. No web server in between.",
            client,
            _find_pages(client),
        )


@contextmanager
def find_contexts() -> Iterator[None]:
    """Let answers have the context of their templates for the block, as they have in tests."""
    from django.test.utils import setup_test_environment, teardown_test_environment

    setup_test_environment()
    try:
        yield
    finally:
        teardown_test_environment()


def log_in() -> Any:
    """Return a client that is logged in as a superuser."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    user, _ = get_user_model().objects.get_or_create(username="bench", is_superuser=True, is_staff=True)
    client = Client()
    client.force_login(user)
    return client


def _find_pages(client: Any) -> Iterator[Page]:
    """Yield each page."""
    from django.urls import reverse

    from entities.admin.conversations.addresses import LIST_NAME, conversation_url
    from entities.models import Conversation
    from entities.models.introspection import record_models

    yield Page("Home", "overview", [reverse("admin:index")])
    for name in OVERVIEWS:
        yield Page(name.capitalize(), "overview", [reverse(f"admin:{name}")])
    for words in SEARCHES:
        address = f"{reverse('admin:search')}?{urlencode({'q': words})}"
        yield Page(f"Search for `{words}`", "search page", [address])
    yield Page("Conversations", "list", [reverse(f"admin:{LIST_NAME}")])
    longest = Conversation.objects.order_by("-message_count").select_related("source")[:3]
    addresses = [conversation_url(one).partition("#")[0] for one in longest]
    yield Page("Conversation", "record page", addresses)
    for model in record_models():
        name = str(model._meta.verbose_name_plural).capitalize()
        yield Page(f"{name}, list", "list", _list_addresses(client, model))
        page = f"admin:entities_{model._meta.model_name}_change"
        yield Page(f"{name}, page", "record page", [reverse(page, args=[id]) for id in find_fullest(model)])


def _list_addresses(client: Any, model: type[Any]) -> Iterator[str]:
    """Yield a list's addresses: as it opens, in each order, and with each choice of each filter."""
    from django.urls import reverse

    from crmmirror.lib.admin_kit.filter_row import build_filter_row
    from entities.admin.lists.list_choice import sortable_columns

    address = reverse(f"admin:entities_{model._meta.model_name}_changelist")
    yield address
    for column in sortable_columns(model):
        yield from (f"{address}?o={sign}{column}" for sign in ("", "-"))
    changelist = client.get(address).context["cl"]
    row = build_filter_row(changelist)
    for one in (*row.prominent, *row.folded):
        yield from (f"{address}{url}" for _, url, _ in one.links)
        for given in one.inputs:
            values = [value for value, _ in given.choices] or [ASKED_VALUES[given.kind]]
            yield from (f"{address}?{urlencode({given.name: value})}" for value in values if value)


def find_fullest(model: type[Any]) -> list[int]:
    """Return the ids of the records to which the most records of some model refer, and of the newest one."""
    from django.db.models import Count

    from entities.models.introspection import record_models

    ids = list(model.objects.order_by("-id").values_list("id", flat=True)[:1])
    for other in record_models():
        for field in other._meta.concrete_fields:
            if field.related_model is model:
                counts = other._default_manager.filter(**{f"{field.name}__isnull": False}).values_list(
                    field.attname
                )
                ids += [id for id, _ in counts.annotate(n=Count("id")).order_by("-n")[:1]]
    return list(dict.fromkeys(ids))
