"""Processing of pending events: claims, drain, outcomes, reapply, wake-ups. No HTTP.

Records are written by `entities.writing`. May import the rooms below it in the contract `events-rooms`,
`entities` and `crmmirror.lib`.
"""
