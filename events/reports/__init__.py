"""Reports computed from the log and the timeline; they only read, and know no page, command or HTTP.

May import the rooms below it in the contract `events-rooms`, `entities` and `crmmirror.lib`.
"""
