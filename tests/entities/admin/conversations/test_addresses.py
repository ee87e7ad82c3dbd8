"""A conversation's address leads to it, whatever the vendor wrote as its id."""

import pytest
from django.urls import resolve
from hypothesis import given
from hypothesis import strategies as st

from entities.admin.conversations.addresses import TextSegment, conversation_url
from entities.models import Conversation
from tests.support.api_client import ensure_source
from tests.support.conversations import conversation_path
from tests.support.staff_client import get_page, log_in_staff

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(TEXTS)
def test_any_text_is_one_segment_and_comes_back(text: str) -> None:
    segment = TextSegment().to_url(text)
    assert segment
    assert "/" not in segment
    assert TextSegment().to_python(segment) == text


def test_an_address_is_readable_and_an_empty_scope_is_a_dash() -> None:
    assert resolve("/admin/conversation/acme/-/conv_1/").kwargs == {
        "source": "acme",
        "scope": "",
        "ref": "conv_1",
    }


@pytest.mark.django_db
@pytest.mark.parametrize("ref", ["conv_1", "a/b", "..", "-", "a b\n?#%2F", "50%", "<b>", "مرحبا"])
def test_a_conversation_is_found_by_its_address(ref: str) -> None:
    conversation = Conversation.objects.create(source=ensure_source(), scope="", ref=ref)
    assert "Conversation with" in get_page(log_in_staff(), conversation_url(conversation).partition("#")[0])


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["a%00", "a%2500", "%ED%A0%80", "x" * 5_000])
def test_an_address_of_junk_is_a_404(address: str) -> None:
    assert log_in_staff().get(conversation_path(address)).status_code == 404
