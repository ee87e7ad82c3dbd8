"""Loads what a vendor's API lists: page by page, each stored with its cursor in one transaction.

What a row says is read when its event is applied, and not here. May import `events.processing`,
`events.ingest`, `events.api_client`, `events.sources`, `events.models`, `entities` and `crmmirror.lib`.
"""
