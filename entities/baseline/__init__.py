"""The baseline: folds events into it before their bodies are removed, and reads it for a rebuild.

Besides its own table it writes the timeline's entries of pruned events, and no record. No status and no body
of an event is written here. May import the rooms below it in the contract `entities-rooms`, and
`crmmirror.lib`.
"""
