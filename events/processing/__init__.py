"""Processing of pending events: claims, drain, outcomes, reapply, wake-ups. No HTTP.

Records are written by `entities.writing`. May import `events.monitoring`, `events.models`, `entities` and
`crmmirror.lib`.
"""
