"""Rebuilds the mirror from the log, to replace or to verify it; no command, page or endpoint lives here.

May import the rooms below it in the contract `events-rooms`, `entities` and `crmmirror.lib`.
"""
