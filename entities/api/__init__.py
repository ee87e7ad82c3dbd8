"""The REST API of the mirrored records: read-only, and generated from the models' columns.

An entity's or vendor's name never stands here, and nothing here writes a record. May import the rooms below
it in the contract `entities-rooms`, and `crmmirror.lib`.
"""
