"""The API's filters of messages by conversation."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crmmirror.lib.database.cursors import execute, fetch_value
from entities.models import Contact, Conversation, Message
from tests.support.api_client import create_api_client, create_record, ensure_source, get_ids, get_json

pytestmark = pytest.mark.django_db


def create_conversation(ref: str, *contacts: Contact, **fields: Any) -> Conversation:
    ids = sorted(contact.pk for contact in contacts)
    return Conversation.objects.create(source=ensure_source(), ref=ref, contact_ids=ids, **fields)


def test_messages_are_filtered_by_the_contact_of_their_conversation() -> None:
    ann, bob = create_record(Contact), create_record(Contact)
    create_conversation("k", ann)
    create_conversation("k", bob, scope="other")
    of_conversation = create_record(Message, conversation_ref="k")
    naming = create_record(Message, contact=ann)
    create_record(Message, conversation_ref="k", scope="other")
    create_record(Message, contact=bob)
    client = create_api_client()
    both = [naming.pk, of_conversation.pk]
    assert get_ids(client, "messages/", conversation_contact=ann.pk) == both
    assert get_ids(client, "messages/", contact=ann.pk) == [naming.pk]
    pages = [get_json(client, "messages/", {"conversation_contact": ann.pk, "page_size": 1})]
    pages.append(client.get(pages[0]["next"]).json())
    assert [row["id"] for page in pages for row in page["results"]] == both


@pytest.mark.parametrize("value", ["x", "", "9" * 30])
def test_a_contact_that_is_no_id_is_refused(value: str) -> None:
    answer = get_json(create_api_client(), "messages/", {"conversation_contact": value}, 400)
    assert list(answer["errors"]) == ["conversation_contact"]


def test_only_messages_are_filtered_by_conversation() -> None:
    get_json(create_api_client(), "tasks/", {"conversation_contact": 1}, 400)


INSERT_MESSAGES = """
    INSERT INTO entities_message (source_id, external_id, is_placeholder, conversation_ref, contact_id)
    SELECT %s, 'm' || number, false, 'k' || number / 20, CASE WHEN number %% 20 = 0 THEN %s END
    FROM generate_series(1, 20000) AS number
"""


@pytest.mark.parametrize("filters", [{"conversation_ref": "k7"}, {"conversation_contact": None}])
def test_a_filter_by_conversation_reads_no_other_messages(filters: dict[str, Any]) -> None:
    ann, bob = create_record(Contact), create_record(Contact)
    execute(INSERT_MESSAGES, ensure_source().pk, bob.pk)
    create_conversation("k7", ann)
    for table in ("message", "conversation"):
        execute(f"ANALYZE entities_{table}")
    client = create_api_client()
    query = {name: value or ann.pk for name, value in filters.items()}
    with CaptureQueriesContext(connection) as captured:
        assert len(get_ids(client, "messages/", **query)) == 20
    (sql,) = (query["sql"] for query in captured if "conversation" in query["sql"])
    plan = fetch_value("EXPLAIN (ANALYZE, FORMAT JSON) " + sql)[0]["Plan"]
    assert max(read_counts(plan)) < 100, plan


def read_counts(node: dict[str, Any]) -> list[int]:
    """Return how many rows each node of a plan reads, also those that it drops."""
    own = node["Actual Rows"] * node["Actual Loops"] + node.get("Rows Removed by Filter", 0)
    return [own, *(count for inner in node.get("Plans", ()) for count in read_counts(inner))]
