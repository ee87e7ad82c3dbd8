"""Reports computed from the log and the timeline; they only read, and know no page, command or HTTP.

May import `events.refusals`, `events.models`, `entities` and `crmmirror.lib`.
"""
