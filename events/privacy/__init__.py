"""Finds a person's data, exports it, and erases it from the records, the log and all that is kept of both.

The rule is that of `entities.erasure`. May import `events.rebuild`, `events.processing`,
`events.withholding`, `events.models`, `entities` and `crmmirror.lib`.
"""
