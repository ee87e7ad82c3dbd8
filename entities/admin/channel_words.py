"""The words for the channels of messages, as people write them."""

CHANNELS = {"sms": "SMS", "whatsapp": "WhatsApp"}


def channel_text(channel: str | None) -> str:
    """Return a channel's word; empty if there is none."""
    return CHANNELS.get(channel or "", (channel or "").replace("_", " "))
