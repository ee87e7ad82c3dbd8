"""SQL for analysts: read-only views of the records, and the database roles that may read them.

May import the rooms below it in the contract `entities-rooms`, and `crmmirror.lib`.
"""
