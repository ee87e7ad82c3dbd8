"""The rule of erasure: what of an event's writes is an erased person's, and by which marks he is known again.

Pure: no query, no key of its own and no event belongs here. May import the rooms below it in the contract
`entities-rooms`, and `crmmirror.lib`.
"""
