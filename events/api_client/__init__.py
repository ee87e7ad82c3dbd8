"""Requests to vendors' APIs: the HTTP client, the budget of each key, and which answers are usable.

Knows nothing of lists and loads. May import `events.sources`, `events.models`, `entities` and
`crmmirror.lib`.
"""
