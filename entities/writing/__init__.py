"""The only code that writes records: it applies batches of mapped events to the entity tables.

Nothing that reads a vendor's payload belongs here. May import the rooms below it in the contract
`entities-rooms`, and `crmmirror.lib`.
"""
