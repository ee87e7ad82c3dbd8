"""The database writes documents as `json_values` does."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmmirror.lib.database.cursors import fetch_value
from entities.api.rows.json_values import shorten_integers
from entities.api.rows.page_rows import select_fields_of
from entities.api.rows.shown_fields import get_record_fields, select_fields
from entities.models import Deal
from tests.support.api_client import create_record

pytestmark = pytest.mark.django_db

NUMBERS = (
    st.integers() | st.integers(-(10**40), 10**40) | st.sampled_from([2**63, 2**63 - 1, -(2**63) - 1, 0.5])
)
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda values: st.lists(values) | st.dictionaries(TEXTS, values),
)


@given(DOCUMENTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_shortens_the_integers_that_python_shortens(value: Any) -> None:
    shortened = fetch_value("SELECT entities_shorten_integers(%s::jsonb)::text", json.dumps(value))
    assert json.loads(shortened) == shorten_integers(value)


@given(DOCUMENTS, st.dictionaries(st.sampled_from(["custom_fields", "custom_fields_", "a"]), NUMBERS))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_document_is_lost_on_its_way_to_a_row(document: Any, extra: dict[str, Any]) -> None:
    """Custom fields that are an object stand in their own field, any others in `extra`."""
    deal = create_record(Deal, custom_fields=document, extra=extra)
    fields = select_fields(get_record_fields(Deal), ["custom_fields", "extra"])
    row = select_fields_of(Deal.objects.filter(pk=deal.pk), fields).get()
    own = shorten_integers(extra)
    if document is None or isinstance(document, dict):
        assert row[-2:] == (shorten_integers(document), own)
    else:
        name = "custom_fields_" if "custom_fields" in extra else "custom_fields"
        assert row[-2:] == (None, own | {name: shorten_integers(document)})
