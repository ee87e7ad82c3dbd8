"""The addresses of conversations, which contain what vendors wrote: any text, also with slashes."""

from urllib.parse import unquote

from django.urls import register_converter, reverse

from crmmirror.lib.admin_kit.request_check import UNSTORABLE_CHARACTERS
from entities.models import Conversation

EMPTY_SEGMENT = "-"
# What a server or a browser would read as a part of the path, or as no text at all.
ESCAPES = {"-": "%2D", ".": "%2E", "..": "%2E%2E"}


class TextSegment:
    """Django's converter for any text as one segment of a path; an empty one is written "-"."""

    regex = "[^/]+"

    def to_python(self, segment: str) -> str:
        """Return the text. Raises ValueError, a 404, if it has a character that no stored text has."""
        text = "" if segment == EMPTY_SEGMENT else unquote(segment)
        if UNSTORABLE_CHARACTERS.search(text):
            raise ValueError("a character that no text has")
        return text

    def to_url(self, text: str) -> str:
        return ESCAPES.get(text) or text.replace("%", "%25").replace("/", "%2F") or EMPTY_SEGMENT


register_converter(TextSegment, "text")

PAGE_ROUTE = "conversation/<slug:source>/<text:scope>/<text:ref>/"
LIST_ROUTE = "conversations/"
PAGE_NAME, LIST_NAME = "conversation", "conversations"


def conversation_url(conversation: Conversation) -> str:
    """Return the address of a conversation's page, where its newest message is."""
    return f"{_page_url(conversation)}#newest"


def message_url(conversation: Conversation, message_id: int) -> str:
    """Return the address of a conversation's page, where one of its messages is."""
    return f"{_page_url(conversation)}?message={message_id}#message-{message_id}"


def _page_url(conversation: Conversation) -> str:
    segments = (conversation.source.slug, conversation.scope, conversation.ref)
    return reverse(f"admin:{PAGE_NAME}", args=segments)
