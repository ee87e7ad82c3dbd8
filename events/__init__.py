"""Sources, the webhook endpoint, the log of events, and the workers that apply it.

May import `entities` and the ground floor (`crmmirror.lib`), nothing else of `crmmirror`.
"""
