"""Generates events for demonstrations, tests and benchmarks, from the vendors' tables and samples. Pure.

No delivery and no database access belongs here. May import the rooms below it in the contract
`entities-rooms`, and `crmmirror.lib`.
"""
