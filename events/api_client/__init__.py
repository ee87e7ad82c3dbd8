"""Requests to vendors' APIs: the HTTP client, the budget of each key, and which answers are usable.

Knows nothing of lists and loads. May import the rooms below it in the contract `events-rooms`, `entities` and
`crmmirror.lib`.
"""
