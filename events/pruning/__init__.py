"""Removes the bodies of events that a source does not keep any longer, after folding them into the baseline,
and gives their space back to the file system.

What is kept of an event is the matter of `entities.baseline`. May import the rooms below it in the contract
`events-rooms`, `entities` and `crmmirror.lib`.
"""
