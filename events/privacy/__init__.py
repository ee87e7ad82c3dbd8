"""Finds a person's data, exports it, and erases it from the records, the log and all that is kept of both.

The rule is that of `entities.erasure`. May import the rooms below it in the contract `events-rooms`,
`entities` and `crmmirror.lib`.
"""
