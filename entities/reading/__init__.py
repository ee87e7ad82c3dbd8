"""The reading of events: from an event's bytes to what they say about which records. Pure functions.

No database access and no settings belong here. May import the rooms below it in the contract
`entities-rooms`, and `crmmirror.lib`.
"""
