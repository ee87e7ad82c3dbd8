"""Sends events to a source as its vendor would, over HTTP; nothing here receives or stores a delivery.

May import the rooms below it in the contract `events-rooms`, `entities` and `crmmirror.lib`.
"""
