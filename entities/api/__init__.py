"""The REST API of the mirrored records: read-only, and generated from the models' columns.

An entity's or vendor's name never stands here, and nothing here writes a record. Imports `models`,
`merge` and `provenance` of `entities`, and `crmmirror.lib`; `events` builds the API of its log on it.
"""
