"""Sources and their secrets: finds, caches, creates and encrypts them; knows nothing of requests or events.

May import the rooms below it in the contract `events-rooms`, `entities` and `crmmirror.lib`.
"""
