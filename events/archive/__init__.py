"""The log in and out, without loss: its digest, the archive of its events, export and import.

No command, page or endpoint lives here, and nothing that reads an event's body. May import
`events.processing`, `events.ingest`, `entities` and the ground floor.
"""
