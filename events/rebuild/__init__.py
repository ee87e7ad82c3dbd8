"""Rebuilds the mirror from the log, to replace or to verify it; no command, page or endpoint lives here.

May import `events.processing`, `entities` and `crmmirror.lib`.
"""
