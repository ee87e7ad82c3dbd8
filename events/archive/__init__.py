"""The log in and out, without loss: its digest, the archive of its events, export and import.

No command, page or endpoint lives here, and nothing that reads an event's body. May import the rooms below it
in the contract `events-rooms`, `entities` and `crmmirror.lib`.
"""
