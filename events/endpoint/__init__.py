"""The webhook endpoint: turns HTTP requests into stored events or refusals; contains no SQL and no vendor's
name.

May import the rooms below it in the contract `events-rooms`, `entities` and `crmmirror.lib`.
"""
