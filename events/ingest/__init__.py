"""The way into the log: stores each event once, delivered or imported; knows nothing of requests.

May import the rooms below it in the contract `events-rooms`, `entities` and `crmmirror.lib`.
"""
