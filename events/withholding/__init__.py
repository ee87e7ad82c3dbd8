"""Withholds what an event says of an erased person, in the transaction in which a worker applies the event.

The rule is that of `entities.erasure`; the marks are looked up here. May import `events.sources`,
`events.models`, `entities` and `crmmirror.lib`; nothing here erases what is in the tables already.
"""
