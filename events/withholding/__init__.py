"""Withholds what an event says of an erased person, in the transaction in which a worker applies the event.

The rule is that of `entities.erasure`; the marks are looked up here. Nothing here erases what is in the
tables already. May import the rooms below it in the contract `events-rooms`, `entities` and `crmmirror.lib`.
"""
