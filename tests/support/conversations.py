"""Messages of conversations, applied from events, and where their pages are."""

from typing import Any

from entities.models import Contact, Conversation, Message
from tests.support.staff_client import store_and_apply

SCOPE = "sa"


def apply_message(
    verb: str, external_id: str, ref: str = "k", at: str = "2025-01-15T10:30:00Z", **payload: Any
) -> Message:
    """Apply a message of the sub-account SCOPE, and return it."""
    keys = {"subAccountId": SCOPE, "messageId": external_id, "conversationId": ref}
    store_and_apply(f"message.{verb}", keys | payload, at, vendor="seedly")
    return Message.objects.get(external_id=external_id)


def apply_contact(external_id: str, name: str, scope: str = SCOPE) -> Contact:
    """Apply a contact, and return it."""
    payload = {"subAccountId": scope, "contactId": external_id, "firstName": name}
    store_and_apply("contact.created", payload, vendor="seedly")
    return Contact.objects.get(external_id=external_id)


def conversation_path(ref: str = "k", scope: str = SCOPE) -> str:
    """Return the address of a conversation whose key has no special characters."""
    return f"/admin/conversation/acme-seedly/{scope}/{ref}/"


def get_conversation(ref: str = "k") -> Conversation:
    return Conversation.objects.get(ref=ref)
