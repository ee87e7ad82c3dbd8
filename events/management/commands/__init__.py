"""One module per command of `manage.py`, named like it; what two share is in `events.management`."""
