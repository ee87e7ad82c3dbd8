"""Sends events to a source as its vendor would, over HTTP; nothing here receives or stores a delivery.

May import `events.sources`, `events.signatures`, `events.models`, `entities` and `crmmirror.lib`.
"""
