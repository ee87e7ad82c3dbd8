"""The shadow: a second mirror in temporary tables, its comparison with the live one, and the mirror's digest.

Nothing that knows events or vendors belongs here: the caller fills the shadow. May import the rooms below it
in the contract `entities-rooms`, and `crmmirror.lib`.
"""
