"""The history of many records at once, by SQL over the timeline: runs of values, and records as of a time.

`entities.merge.history` has the rule; a test compares the two. Writes nothing, and decides nobody's access:
whoever asks passes records that are already narrowed. May import the rooms below it in the contract
`entities-rooms`, and `crmmirror.lib`.
"""
